import { cpus, totalmem } from 'node:os'
import type { AvailabilityResult } from './availability.ts'
import type { BookingLoad } from './bookings.ts'
import type { LoadResult } from './load.ts'

export interface Report {
  readonly bare: LoadResult
  readonly direct: BookingLoad
  readonly gateway: BookingLoad
  readonly everything: BookingLoad
  readonly memory: readonly { service: string; rssBytes: number }[]
  readonly startMs: number
  readonly openBreaker: LoadResult
  readonly availability: readonly AvailabilityResult[]
}

export const number = (value: number, digits = 1): string => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
export const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`
/** Figures say little without it. */
export function describeMachine(): string {
  return `Machine: ${cpus().length} cores (${cpus()[0]?.model}), ${number(totalmem() / 2 ** 30, 0)} GiB, shared by all that runs here.`
}

const latency = (load: LoadResult): string[] => [number(load.p50Ms), number(load.p95Ms), number(load.p99Ms)]

function listBookings({ bare, direct, gateway, everything }: Report): string[] {
  const line = (name: string, load: LoadResult): string => row(name, number(load.perSecond, 0), number(load.perSecond / bare.perSecond, 2), ...latency(load))
  return [
    row('Bookings', 'a second', 'of the bare limit', 'p50 ms', 'p95 ms', 'p99 ms'),
    row('---', '--:', '--:', '--:', '--:', '--:'),
    line('bare database, two statements, 8 connections', bare),
    line('booking service over HTTP, consumers paused', direct),
    line('gateway, consumers paused (reach 0.20)', gateway),
    line('gateway, everything running (reach 0.10)', everything),
    '',
    `Events waiting while everything ran: ${everything.lag[0]} at the start, ${everything.lag[1]} at the end of ${number(everything.seconds, 0)} s and ${everything.count} bookings.`,
  ]
}

type CpuMs = Readonly<Record<string, number>>

/** Processor time of everything: services, PostgreSQL, broker, load generator. */
export const sumCpu = (cpuMs: CpuMs): number => Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0)

/** One column for each load, by its heading; a row for each process that any of them knows. */
export function listCpu(columns: Readonly<Record<string, CpuMs>>): string[] {
  const loads = Object.values(columns)
  const names = new Set(loads.flatMap((cpuMs) => Object.keys(cpuMs)))
  return [
    row('CPU ms a booking', ...Object.keys(columns)),
    row('---', ...loads.map(() => '--:')),
    ...[...names].map((name) => row(name, ...loads.map((cpuMs) => number(cpuMs[name] ?? 0, 2)))),
    row('total', ...loads.map((cpuMs) => number(sumCpu(cpuMs), 2))),
  ]
}

function listAvailability({ availability }: Report): string[] {
  return [
    row('Availability of 500 spaces for a day', '1 client: p50 ms', 'p95 ms', '8 clients: p50 ms', 'p95 ms'),
    row('---', '--:', '--:', '--:', '--:'),
    ...availability.map((size) =>
      row(`${size.bookings.toLocaleString('en')} bookings`, number(size.one.p50Ms), number(size.one.p95Ms), number(size.eight.p50Ms), number(size.eight.p95Ms)),
    ),
  ]
}

/** Prints the run as Markdown, as it stands in docs/performance.md. */
export function printReport(report: Report): void {
  const { memory, startMs, openBreaker } = report
  const lines = [
    describeMachine(),
    '',
    ...listBookings(report),
    '',
    ...listCpu({ 'consumers paused': report.gateway.cpuMs, 'everything running': report.everything.cpuMs }),
    '',
    ...listAvailability(report),
    '',
    row('Else', ''),
    row('---', '--:'),
    row('start to all ready, initialised before', `${number(startMs / 1000)} s`),
    row('503 with an open breaker, 4 clients, p50 / p95 / p99', `${latency(openBreaker).join(' / ')} ms`),
    ...memory.map(({ service, rssBytes }) => row(`memory of ${service} after the load`, `${number(rssBytes / 2 ** 20, 0)} MiB`)),
  ]
  console.log(lines.join('\n'))
}
