import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOtlpReceiver } from '@alcove/testing'
import { Agent } from 'undici'
import { startStack } from '../supervisor/stack.ts'
import { createBookingBench, drain, type BookingLoad } from './bookings.ts'
import { makeFixtures, type Fixtures } from './fixtures.ts'
import { readPostmasterPid } from './processes.ts'

// `make bench-tracing`: what tracing costs. The same load of bookings through the gateway, everything running, again and again: without
// tracing, with a tenth of all traces recorded, and with every one. Every round starts the processes anew, on the same data.
const seconds = Number(process.env.BENCH_SECONDS ?? 15)
const rounds = Number(process.env.BENCH_ROUNDS ?? 2)
const progress = (line: string): void => console.error(`… ${line}`)

interface Measured {
  load: BookingLoad
  /** Of all services, their processes' memory after the load. */
  rssBytes: number
  spans: number
}

/** Processor time of the services alone: the database's does not change. */
const sumCpu = ({ load }: Measured): number =>
  Object.entries(load.cpuMs)
    .filter(([name]) => !/postgres/i.test(name))
    .reduce((sum, [, ms]) => sum + ms, 0)

async function measure(dir: string, env: Record<string, string>, spansOf: () => number): Promise<Measured> {
  const stack = await startStack({ dir, env: { RATE_LIMITS: 'off', LOG_LEVEL: 'warn', ...env } })
  const agent = new Agent()
  try {
    const fixtures: Fixtures = await makeFixtures(stack, agent, 100)
    const bench = createBookingBench(stack, fixtures, { postgres: await readPostmasterPid(stack.databaseUrls.postgres!) })
    const before = spansOf()
    const load = await bench(`${stack.urls.gateway}/api/v1/bookings`, seconds)
    const rssBytes = stack.status().reduce((sum, status) => sum + (status.rssBytes ?? 0), 0)
    await drain(stack)
    return { load, rssBytes, spans: spansOf() - before }
  } finally {
    await agent.close()
    await stack.down()
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'alcove-bench-'))
  const receiver = await startOtlpReceiver()
  const modes = {
    off: {},
    'a tenth': { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: '0.1' },
    'every trace': { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  }
  const results = new Map<string, Measured[]>()
  try {
    await (await startStack({ dir, demo: 'accounts' })).down()
    for (let round = 0; round < rounds; round += 1) {
      for (const [mode, env] of Object.entries(modes)) {
        const measured = await measure(dir, env, () => receiver.spans().length)
        progress(`${mode}: ${measured.load.perSecond.toFixed(0)} a second, ${sumCpu(measured).toFixed(2)} ms of the services' CPU a booking`)
        results.set(mode, [...(results.get(mode) ?? []), measured])
      }
    }
    const off = results.get('off')!
    const base = { cpu: mean(off.map(sumCpu)), perSecond: mean(off.map(({ load }) => load.perSecond)) }
    console.log('| Tracing | bookings a second | of untraced | CPU ms a booking, all services | of untraced | memory, all services | spans a booking |')
    console.log('|---|--:|--:|--:|--:|--:|--:|')
    for (const [mode, measured] of results) {
      const cpu = mean(measured.map(sumCpu))
      const perSecond = mean(measured.map(({ load }) => load.perSecond))
      const memory = mean(measured.map(({ rssBytes }) => rssBytes)) / 2 ** 20
      const spans = mean(measured.map(({ spans: all, load }) => all / load.count))
      const ratios = [(perSecond / base.perSecond).toFixed(2), (cpu / base.cpu).toFixed(2)]
      console.log(`| ${mode} | ${perSecond.toFixed(0)} | ${ratios[0]} | ${cpu.toFixed(2)} | ${ratios[1]} | ${memory.toFixed(0)} MB | ${spans.toFixed(1)} |`)
    }
  } finally {
    await receiver.close()
    await rm(dir, { recursive: true, force: true })
  }
}

await main()
