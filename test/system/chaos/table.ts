import type { ChaosResult } from './run.ts'
import type { Tally } from './tally.ts'

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`

function listTally(title: string, tally: Tally): string[] {
  const lines = [...tally.rows()]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([what, counts]) => {
      const cells = [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([how, count]) => `${how} × ${count}`)
      return row(what, cells.join(', '))
    })
  return [row(title, ''), row('---', '---'), ...lines, '']
}

/** Of what is wrong, enough to begin with. */
const shownMax = 10

/** What was done, what came of it, and which promises held. */
export function printChaos({ injuries, requests, tries, verdicts }: ChaosResult): string {
  const judged = verdicts.map(({ name, figures, wrong }) => row(name, figures, wrong.length === 0 ? 'ok' : `FAILED: ${wrong.length}`))
  const wrong = verdicts.flatMap((verdict) => verdict.wrong.slice(0, shownMax).map((line) => `${verdict.name}: ${line}`))
  return [
    ...listTally('Faults injected', injuries),
    ...listTally('Requests by outcome', requests),
    ...listTally('Single tries by status', tries),
    row('Promise', 'figures', 'verdict'),
    row('---', '---', '---'),
    ...judged,
    ...(wrong.length > 0 ? ['', ...wrong] : []),
  ].join('\n')
}
