import { describeMachine, number, row } from '../report.ts'
import type { TransportResult } from './measure.ts'

const roles = ['producer', 'consumer', 'postgres', 'broker']
const toCells = (cpuMs: Readonly<Record<string, number>>): string[] => roles.map((role) => (cpuMs[role] === undefined ? '–' : number(cpuMs[role], 2)))

/** Prints the run as Markdown, as it stands in docs/performance.md. */
export function printEventsReport(results: readonly TransportResult[]): void {
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
    row('transport to effect', ...results.map(({ drain }) => number(drain, 0))),
    row('bare consume, messages unread', ...results.map(({ consumeBare }) => number(consumeBare, 0))),
    row('ratio (reach 0.30)', ...results.map(({ drain, consumeBare }) => number(drain / consumeBare, 2))),
    row('bare consume, messages parsed', ...results.map(({ consumeParsed }) => number(consumeParsed, 0))),
    row('ratio', ...results.map(({ drain, consumeParsed }) => number(drain / consumeParsed, 2))),
    row(
      'CPU µs an event while draining: consumer, postgres',
      ...results.map(({ drainCpuMs }) => `${number((drainCpuMs.consumer ?? 0) * 1000, 1)}, ${number((drainCpuMs.postgres ?? 0) * 1000, 1)}`),
    ),
  ]
  console.log(lines.join('\n'))
}
