import { median } from '../load.ts'
import { describeMachine, number, row } from '../report.ts'
import type { DrainRound, TransportResult } from './measure.ts'

const roles = ['producer', 'consumer', 'postgres', 'broker']
const toCells = (cpuMs: Readonly<Record<string, number>>): string[] => roles.map((role) => (cpuMs[role] === undefined ? '–' : number(cpuMs[role], 2)))

/** The median, and between what it was. */
function summarise(figures: readonly number[], digits: number): string {
  if (figures.some(Number.isNaN)) return '–'
  return `${number(median(figures), digits)} (${number(Math.min(...figures), digits)}–${number(Math.max(...figures), digits)})`
}

/** Prints the run as Markdown, as it stands in docs/performance.md. */
export function printEventsReport(results: readonly TransportResult[]): void {
  const drains = (name: string, figure: (round: DrainRound) => number, digits = 0): string =>
    row(name, ...results.map((result) => summarise(result.drains.map(figure), digits)))
  const lines = [
    describeMachine(),
    '',
    row('Outbox to effect', 'p50 ms', 'p99 ms', ...roles.map((role) => `CPU ms an event: ${role}`)),
    row('---', ...Array.from({ length: 2 + roles.length }, () => '--:')),
    ...results.flatMap(({ transport, rates }) =>
      rates.map(({ perSecond, p50Ms, p99Ms, cpuMs }) =>
        row(`${transport}, ${number(perSecond, 0)} events a second`, number(p50Ms, 0), number(p99Ms, 0), ...toCells(cpuMs)),
      ),
    ),
    '',
    row('A backlog, events a second', ...results.map(({ transport }) => transport)),
    row('---', ...results.map(() => '--:')),
    row('outbox to transport', ...results.map(({ publish }) => number(publish, 0))),
    row('bare produce', ...results.map(({ publishBare }) => number(publishBare, 0))),
    row('ratio', ...results.map(({ publish, publishBare }) => number(publish / publishBare, 2))),
    drains('transport to effect', ({ drain }) => drain),
    drains('bare consume, messages unread', ({ consumeBare }) => consumeBare),
    drains('ratio (reach 0.30)', ({ drain, consumeBare }) => drain / consumeBare, 2),
    drains('bare consume, messages parsed', ({ consumeParsed }) => consumeParsed),
    drains('ratio', ({ drain, consumeParsed }) => drain / consumeParsed, 2),
    drains('transport to effect, a row for each event', ({ drainMany }) => drainMany),
    drains('of the bare one, unread', ({ drainMany, consumeBare }) => drainMany / consumeBare, 2),
    ...['consumer', 'postgres', 'broker'].map((role) =>
      drains(`CPU µs an event while draining: ${role}`, ({ cpuMs }) => (cpuMs[role] ?? Number.NaN) * 1000, 1),
    ),
  ]
  console.log(lines.join('\n'))
}
