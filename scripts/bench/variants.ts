import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent } from 'undici'
import { makeTemporaryDir } from '../supervisor/layout.ts'
import { startStack } from '../supervisor/stack.ts'
import type { Stack } from '../supervisor/types.ts'
import { startOwnBroker } from './broker.ts'
import { createBookingBench, type BookingLoad } from './bookings.ts'
import { makeFixtures } from './fixtures.ts'
import { median } from './load.ts'
import { startProcess, type BenchProcess } from './process.ts'
import { readPostmasterPid } from './processes.ts'
import { describeMachine, listCpu, number, row, sumCpu } from './report.ts'

// `make bench-variants`: what Kafka costs, and what tracing costs on top. The same load of bookings through the gateway, everything running, on two
// whole installations beside each other, turn by turn: while one is measured, the processes of the other are stopped (SIGSTOP). A turn is short,
// and so is what lies between it and the one it is compared with: a machine that others use too is slower in one minute than in another.
const seconds = Number(process.env.BENCH_SECONDS ?? 5)
const rounds = Number(process.env.BENCH_ROUNDS ?? 6)
/** Uncounted before them: until what is hot is compiled, it is the compiler that is measured. */
const warmUpRounds = 4
/** Of every turn, uncounted: what fell due while the processes were stopped. Turns stay below a consumer's session (10 s) with it. */
const settleSeconds = 1
const progress = (line: string): void => console.error(`… ${line}`)

interface Variant {
  readonly name: string
  readonly kafka: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** One installation under measurement. */
interface Side {
  readonly name: string
  /** Lets it run, measures it, and stops its processes again. */
  turn(): Promise<Turn>
  end(): Promise<void>
}

interface Turn {
  readonly load: BookingLoad
  /** Of all services, their processes' memory after the load. */
  readonly rssBytes: number
  readonly spans: number
}

async function openSide(dir: string, variant: Variant, sink: BenchProcess): Promise<Side> {
  const broker = variant.kafka ? await startOwnBroker(join(dir, 'kafka')) : undefined
  const stack = await startStack({
    dir: join(dir, 'stack'),
    demo: 'accounts',
    env: { RATE_LIMITS: 'off', LOG_LEVEL: 'warn', ...variant.env },
    ...(broker && { transport: 'kafka', kafka: broker.env }),
  })
  const agent = new Agent()
  const fixtures = await makeFixtures(stack, agent, 100)
  await agent.close()
  const bench = createBookingBench(stack, fixtures, {
    postgres: await readPostmasterPid(stack.databaseUrls.postgres!),
    ...broker?.servers,
    'receiver of traces': sink.pid,
  })
  const url = `${stack.urls.gateway}/api/v1/bookings`
  setPaused(stack, true)
  return {
    name: variant.name,
    async turn() {
      setPaused(stack, false)
      const before = await sink.call<number>('count')
      const load = await bench(url, { seconds, warmUpSeconds: settleSeconds })
      const rssBytes = stack.status().reduce((sum, status) => sum + (status.rssBytes ?? 0), 0)
      setPaused(stack, true)
      return { load, rssBytes, spans: (await sink.call<number>('count')) - before }
    },
    async end() {
      setPaused(stack, false)
      await stack.down()
      await broker?.end()
    },
  }
}

function setPaused(stack: Stack, paused: boolean): void {
  for (const { service } of stack.status()) (paused ? stack.pause : stack.resume)(service)
}

/** A variant and the one that it is compared with, by turns. */
type Pair = readonly [Variant, Variant]
type PairTurns = [Turn[], Turn[]]

/** Two heats, each with processes of its own and the other side started first: which is first was seen to weigh some percent, whatever it is. */
async function measurePair(dir: string, pair: Pair, sink: BenchProcess): Promise<PairTurns> {
  const turns: PairTurns = [[], []]
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const sides: Side[] = []
    try {
      for (const index of order) sides[index] = await openSide(join(dir, String(index)), pair[index], sink)
      await runHeat(sides as [Side, Side], turns)
    } finally {
      for (const side of sides.filter(Boolean)) await side.end()
      await rm(dir, { recursive: true, force: true })
    }
  }
  return turns
}

async function runHeat(sides: readonly [Side, Side], turns: PairTurns): Promise<void> {
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    // To and fro: what grows slower or faster with time weighs on both alike.
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
    const perSecond: string[] = []
    for (const index of order) {
      const turn = await sides[index].turn()
      if (round >= warmUpRounds) turns[index].push(turn)
      perSecond[index] = `${sides[index].name} ${number(turn.load.perSecond, 0)} a second`
    }
    progress(`${perSecond.join(', ')}${round < warmUpRounds ? ' (warming up)' : ''}`)
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const cpuOf = ({ load }: Turn): number => sumCpu(load.cpuMs)

/** By process, the median of the turns. */
function medianCpu(turns: readonly Turn[]): Record<string, number> {
  const names = Object.keys(turns[0]!.load.cpuMs)
  return Object.fromEntries(names.map((name) => [name, median(turns.map(({ load }) => load.cpuMs[name]!))]))
}

/** The median, and between what the middle half of the rounds lies. */
function describeRatios(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((a, b) => a - b)
  const quarter = Math.floor(sorted.length / 4)
  return `${number(median(sorted), 2)} (${number(sorted[quarter]!, 2)}–${number(sorted.at(-1 - quarter)!, 2)})`
}

/** Ratios are of one round each: its two turns are neighbours in time. */
function printPair(pair: Pair, turns: PairTurns): void {
  const headings = ['bookings a second', 'of the row above', 'CPU ms a booking, all processes', 'of the row above', 'memory, all services', 'spans a booking']
  console.log(`\n${row('Everything running', ...headings)}`)
  console.log(row('---', ...headings.map(() => '--:')))
  const ofAbove = (figure: (turn: Turn) => number): string => describeRatios(turns[1].map((turn, round) => figure(turn) / figure(turns[0][round]!)))
  for (const [index, { name }] of pair.entries()) {
    const own = turns[index]!
    console.log(
      row(
        name,
        number(mean(own.map(({ load }) => load.perSecond)), 0),
        index === 0 ? '–' : ofAbove(({ load }) => load.perSecond),
        number(mean(own.map(cpuOf)), 2),
        index === 0 ? '–' : ofAbove(cpuOf),
        `${number(mean(own.map(({ rssBytes }) => rssBytes)) / 2 ** 20, 0)} MiB`,
        number(mean(own.map(({ spans, load }) => spans / load.count)), 1),
      ),
    )
  }
  console.log(['', ...listCpu({ [pair[0].name]: medianCpu(turns[0]), [pair[1].name]: medianCpu(turns[1]) })].join('\n'))
}

async function main(): Promise<void> {
  const dir = makeTemporaryDir('alcove-bench-')
  const sink = startProcess('trace-sink')
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: await sink.call<string>('url'), OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
  const embedded: Variant = { name: 'embedded log', kafka: false }
  const kafka: Variant = { name: 'Kafka', kafka: true }
  const tenth: Variant = { name: 'Kafka, a tenth of the traces', kafka: true, env: { ...endpoint, OTEL_TRACES_SAMPLER_ARG: '0.1' } }
  const every: Variant = { name: 'Kafka, every trace', kafka: true, env: endpoint }
  const pairs: Pair[] = [
    [embedded, kafka],
    [kafka, tenth],
    [kafka, every],
  ]
  // `BENCH_PAIRS=0`: only what Kafka costs.
  const asked = process.env.BENCH_PAIRS?.split(',').map(Number) ?? [...pairs.keys()]
  try {
    console.log(describeMachine())
    for (const index of asked) {
      const pair = pairs[index]
      if (!pair) throw new Error(`BENCH_PAIRS: there is no pair ${index}, only 0 to ${pairs.length - 1}`)
      printPair(pair, await measurePair(join(dir, String(index)), pair, sink))
    }
  } finally {
    await sink.end()
    await rm(dir, { recursive: true, force: true })
  }
}

await main()
