import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../kafka/start-kafka.ts'
import { listenHost } from '../../supervisor/layout.ts'
import { findFreePorts } from '../../supervisor/ports.ts'
import { startStack } from '../../supervisor/stack.ts'
import { readPostmasterPid } from '../processes.ts'
import { measureTransport, type TransportResult } from './measure.ts'
import { printEventsReport } from './report.ts'

const seconds = Number(process.env.BENCH_SECONDS ?? 15)
const backlog = Number(process.env.BENCH_BACKLOG ?? 200_000)
const rates = [200, 1000]
const wanted = process.env.TRANSPORT ? [process.env.TRANSPORT] : ['embedded', 'kafka']
const progress = (line: string): void => console.error(`… ${line}`)

interface Broker {
  readonly env: Readonly<Record<string, string>>
  readonly servers: Readonly<Record<string, number>>
  end(): Promise<void>
}

/** A broker of the bench's own, unless one is given; its processor time counts where it is a process of this machine. */
async function startBroker(dir: string): Promise<Broker> {
  const given = process.env.KAFKA_BROKERS
  if (given) return { env: { KAFKA_BROKERS: given }, servers: {}, end: async () => undefined }
  const kafka = await startKafka({ dir, ports: await findFreePorts(3, listenHost) })
  const [running] = kafka.identities()
  return { env: { KAFKA_BROKERS: kafka.brokers }, servers: running ? { broker: running.pid } : {}, end: () => kafka.forget() }
}

/** `make bench-events`: one transport after the other on a PostgreSQL of its own, and one table. */
async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'alcove-bench-'))
  const results: TransportResult[] = []
  try {
    for (const transport of wanted) {
      progress(`${transport}: starting`)
      const broker = transport === 'kafka' ? await startBroker(join(dir, 'kafka')) : undefined
      const stack = await startStack({ dir: join(dir, transport), services: [], ...(broker && { transport: 'kafka', kafka: broker.env }) })
      try {
        const env = { EVENT_TRANSPORT: transport, EVENT_LOG_DATABASE_URL: stack.databaseUrls.event_log!, ...broker?.env }
        const superuserUrl = stack.databaseUrls.postgres!
        const servers = { postgres: await readPostmasterPid(superuserUrl), ...broker?.servers }
        results.push(await measureTransport({ transport, env, superuserUrl, servers, rates, seconds, backlog, onProgress: progress }))
      } finally {
        await stack.down()
        await broker?.end()
      }
    }
    printEventsReport(results)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

await main()
