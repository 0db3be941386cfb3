import { createDatabaseIfMissing, migrate } from '@alcove/database'
import { eventsMigrations } from '@alcove/events'
import { cpuOf, cpuPer } from '../processes.ts'
import { startProcess, type BenchProcess } from '../process.ts'
import { people } from './settings.ts'

/** Latency from outbox to effect at one rate, with processor milliseconds of each event by process. */
export interface RateResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMs: Readonly<Record<string, number>>
}

export interface TransportResult {
  readonly transport: string
  readonly rates: readonly RateResult[]
  /** Events a second. Bare is the transport alone: no outbox, no inbox, no database of a service. */
  readonly publish: number
  readonly publishBare: number
  readonly drains: readonly DrainRound[]
}

/** Events a second, one after the other. */
export interface DrainRound {
  /** From the transport to the effect. */
  readonly drain: number
  /** As before, of so many people that no transaction has two events of one: its effect writes a row for each event. */
  readonly drainMany: number
  readonly consumeBare: number
  /** As bare, with every message parsed: the least that a consumer does. */
  readonly consumeParsed: number
  /** Processor milliseconds of each event of the first drain, by process. */
  readonly cpuMs: Readonly<Record<string, number>>
}

export interface MeasureOptions {
  readonly transport: string
  /** What {@link createTransport} reads. */
  readonly env: Readonly<Record<string, string>>
  readonly superuserUrl: string
  /** Whose processor time counts besides the two processes': name and pid of each, with its children. */
  readonly servers: Readonly<Record<string, number>>
  readonly rates: readonly number[]
  readonly seconds: number
  readonly backlog: number
  readonly onProgress: (line: string) => void
}

/** A machine that others use too is faster in one moment than in the next: what is compared is measured in turn. */
const ROUNDS = 5

// Declared by the graph, so that it exists on the broker, and used by nobody here: what the bare ones send and read.
const bareTopic = 'payment'

async function makeDatabase(superuserUrl: string, name: string): Promise<string> {
  const url = new URL(superuserUrl)
  url.pathname = `/${name}`
  await createDatabaseIfMissing(url.href)
  await migrate({ url: url.href, directories: [eventsMigrations] })
  return url.href
}

/** Measures one transport with a producing and a consuming process of its own. */
export async function measureTransport(options: MeasureOptions): Promise<TransportResult> {
  const { transport, env, superuserUrl, backlog, onProgress } = options
  const args = JSON.stringify(env)
  const producer = startProcess('events/producer', [await makeDatabase(superuserUrl, `bench_${transport}_producer`), args])
  const consumer = startProcess('events/consumer', [await makeDatabase(superuserUrl, `bench_${transport}_consumer`), args])
  const readCpu = () => cpuOf({ ...options.servers, producer: producer.pid, consumer: consumer.pid })
  try {
    onProgress(`${transport}: warming up`)
    await consumer.call('start')
    await run(producer, consumer, { perSecond: options.rates[0]!, seconds: 3 })
    const rates: RateResult[] = []
    for (const perSecond of options.rates) {
      onProgress(`${transport}: ${perSecond} events a second`)
      const before = readCpu()
      const latency = await run(producer, consumer, { perSecond, seconds: options.seconds })
      rates.push({ perSecond, ...latency, cpuMs: cpuPer(before, readCpu(), perSecond * options.seconds) })
    }
    onProgress(`${transport}: a backlog of ${backlog}`)
    await consumer.call('stop')
    const publish = await producer.call<number>('publishBacklog', { count: backlog })
    const drain = async (): Promise<number> => {
      const perSecond = await consumer.call<number>('drain', { count: backlog })
      await consumer.call('stop')
      return perSecond
    }
    await drain()
    let publishBare = 0
    const drains: DrainRound[] = []
    for (let round = 1; round <= ROUNDS; round += 1) {
      onProgress(`${transport}: backlogs and the transport alone, ${round} of ${ROUNDS}`)
      await producer.call('publishEvents', { count: backlog, people: people.few })
      const before = readCpu()
      const few = await drain()
      const cpuMs = cpuPer(before, readCpu(), backlog)
      await producer.call('publishEvents', { count: backlog, people: people.many })
      const drainMany = await drain()
      publishBare = await producer.call<number>('publishBare', { topic: bareTopic, count: backlog })
      const consumeBare = await consumer.call<number>('consumeBare', { topic: bareTopic, count: backlog, parsed: false })
      const consumeParsed = await consumer.call<number>('consumeBare', { topic: bareTopic, count: backlog, parsed: true })
      drains.push({ drain: few, drainMany, consumeBare, consumeParsed, cpuMs })
    }
    return { transport, rates, publish, publishBare, drains }
  } finally {
    await Promise.allSettled([producer.end(), consumer.end()])
  }
}

async function run(producer: BenchProcess, consumer: BenchProcess, load: { perSecond: number; seconds: number }): Promise<{ p50Ms: number; p99Ms: number }> {
  const count = await producer.call<number>('write', load)
  return consumer.call<{ p50Ms: number; p99Ms: number }>('measure', { count })
}
