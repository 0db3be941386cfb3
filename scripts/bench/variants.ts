import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startOtlpReceiver } from '@alcove/testing'
import { Agent } from 'undici'
import { makeTemporaryDir } from '../supervisor/layout.ts'
import { startStack } from '../supervisor/stack.ts'
import { startBroker, type BenchBroker } from './broker.ts'
import { createBookingBench, drain, type BookingLoad } from './bookings.ts'
import { makeFixtures, type Fixtures } from './fixtures.ts'
import { median } from './load.ts'
import { readPostmasterPid } from './processes.ts'
import { describeMachine, number, row } from './report.ts'

// `make bench-variants`: what Kafka and tracing cost. The same load of bookings through the gateway, everything running, again and again: on the
// embedded log, on a broker, and on a broker with a tenth of all traces recorded and with every one. Every round starts the processes anew, on
// the same data; only the broker stays, and has had one uncounted round to warm up in, as a broker that has been there for a while.
const seconds = Number(process.env.BENCH_SECONDS ?? 15)
const rounds = Number(process.env.BENCH_ROUNDS ?? 3)
const progress = (line: string): void => console.error(`… ${line}`)

interface Measured {
  load: BookingLoad
  /** Of all services, their processes' memory after the load. */
  rssBytes: number
  spans: number
}

/** Processor time of everything: services, PostgreSQL, broker, load generator. */
const sumCpu = ({ load }: Measured): number => Object.values(load.cpuMs).reduce((sum, ms) => sum + ms, 0)

interface Variant {
  broker?: BenchBroker
  env?: Record<string, string>
}

async function measure(dir: string, { broker, env }: Variant, spansOf: () => number): Promise<Measured> {
  const stack = await startStack({ dir, env: { RATE_LIMITS: 'off', LOG_LEVEL: 'warn', ...env }, ...(broker && { transport: 'kafka', kafka: broker.env }) })
  const agent = new Agent()
  try {
    const fixtures: Fixtures = await makeFixtures(stack, agent, 100)
    const bench = createBookingBench(stack, fixtures, { postgres: await readPostmasterPid(stack.databaseUrls.postgres!), ...broker?.servers })
    const url = `${stack.urls.gateway}/api/v1/bookings`
    // Uncounted: until what is hot is compiled, it is the compiler that is measured.
    await bench(url, seconds / 2)
    const before = spansOf()
    const load = await bench(url, seconds)
    const rssBytes = stack.status().reduce((sum, status) => sum + (status.rssBytes ?? 0), 0)
    await drain(stack)
    return { load, rssBytes, spans: spansOf() - before }
  } finally {
    await agent.close()
    await stack.down()
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Each row's throughput beside the row before it: what this step costs. Ratios are of one round each, their median is shown: a machine
 * that others use too is slower in one minute than in another.
 */
function printVariants(results: ReadonlyMap<string, readonly Measured[]>): void {
  console.log(`${describeMachine()}\n`)
  console.log(row('Everything running', 'bookings a second', 'of the row above', 'CPU ms a booking, all processes', 'memory, all services', 'spans a booking'))
  console.log(row('---', '--:', '--:', '--:', '--:', '--:'))
  let before: readonly number[] | undefined
  for (const [mode, measured] of results) {
    const perSecond = measured.map(({ load }) => load.perSecond)
    const memory = mean(measured.map(({ rssBytes }) => rssBytes)) / 2 ** 20
    const spans = mean(measured.map(({ spans: all, load }) => all / load.count))
    const ratio = before ? number(median(perSecond.map((value, round) => value / before![round]!)), 2) : '–'
    console.log(row(mode, number(mean(perSecond), 0), ratio, number(mean(measured.map(sumCpu)), 2), `${number(memory, 0)} MiB`, number(spans, 1)))
    before = perSecond
  }
}

async function main(): Promise<void> {
  const dir = makeTemporaryDir('alcove-bench-')
  const receiver = await startOtlpReceiver()
  const stackDir = join(dir, 'stack')
  const broker = await startBroker(join(dir, 'kafka'))
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
  const variants: Record<string, Variant> = {
    'embedded log': {},
    Kafka: { broker },
    'Kafka, a tenth of the traces': { broker, env: { ...endpoint, OTEL_TRACES_SAMPLER_ARG: '0.1' } },
    'Kafka, every trace': { broker, env: endpoint },
  }
  const order = Object.entries(variants)
  const results = new Map<string, Measured[]>(order.map(([mode]) => [mode, []]))
  try {
    await (await startStack({ dir: stackDir, demo: 'accounts' })).down()
    await measure(stackDir, { broker }, () => 0)
    for (let round = 0; round < rounds; round += 1) {
      // To and fro: what grows slower or faster with time weighs on all alike.
      for (const [mode, variant] of round % 2 === 0 ? order : order.toReversed()) {
        const measured = await measure(stackDir, variant, () => receiver.spans().length)
        progress(`${mode}: ${measured.load.perSecond.toFixed(0)} a second, ${sumCpu(measured).toFixed(2)} ms of CPU a booking`)
        results.get(mode)!.push(measured)
      }
    }
    printVariants(results)
  } finally {
    await receiver.close()
    await broker.end()
    await rm(dir, { recursive: true, force: true })
  }
}

await main()
