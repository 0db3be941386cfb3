import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTemporaryDir } from '../../supervisor/layout.ts'
import { startStack } from '../../supervisor/stack.ts'
import { startBroker } from '../broker.ts'
import { readPostmasterPid } from '../processes.ts'
import { measureTransport, type TransportResult } from './measure.ts'
import { printEventsReport } from './report.ts'

const seconds = Number(process.env.BENCH_SECONDS ?? 15)
const backlog = Number(process.env.BENCH_BACKLOG ?? 200_000)
const rates = [200, 1000]
const wanted = process.env.TRANSPORT ? [process.env.TRANSPORT] : ['embedded', 'kafka']
const progress = (line: string): void => console.error(`… ${line}`)

/** `make bench-events`: one transport after the other on a PostgreSQL of its own, and one table. */
async function main(): Promise<void> {
  const dir = makeTemporaryDir('alcove-bench-')
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
