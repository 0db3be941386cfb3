import type { DeadLetter, DeadLetterDetail } from '@alcove/contracts'

const HEADER = ['ID', 'SERVICE', 'DIED', 'TYPE', 'KEY', 'REASON', 'TRIES', 'ERROR']
const errorLengthMax = 60

/** Columns as wide as their longest cell. */
function toTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '))
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** One line, cut: what an event holds must not break the table, nor write to the terminal as it likes. */
function toCell(text: string, lengthMax = 200): string {
  const line = toPlain(text).replaceAll(/\s+/g, ' ')
  return line.length > lengthMax ? `${line.slice(0, lengthMax - 1)}…` : line
}

/** Without the characters that move a terminal's cursor or change its colours. */
function toPlain(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD')
}

const toReason = ({ reason, code }: DeadLetter) => (code ? `${reason}: ${code}` : reason)

/** The list for people. */
export function formatLetters(items: readonly DeadLetter[], { hasMore }: { hasMore: boolean }): string {
  if (items.length === 0) return 'There are no dead letters.'
  const rows = items.map((item) => {
    const cells = [item.id, item.service, item.diedAt, item.type ?? '-', item.key || '-', toReason(item), String(item.attempts)]
    return [...cells.map((cell) => toCell(cell, 80)), toCell(item.error, errorLengthMax)]
  })
  return `${toTable([HEADER, ...rows])}\n${items.length} shown${hasMore ? '; there are more: --limit' : ''}`
}

/** One letter for people. */
export function formatLetter(letter: DeadLetterDetail): string {
  const facts = [
    ['id', letter.id],
    ['consumer', letter.service],
    ['died', letter.diedAt],
    ['reason', toReason(letter)],
    ['error', letter.error],
    ['tries', String(letter.attempts)],
    ['event', letter.eventId ?? '-'],
    ['type', letter.type ?? '-'],
    ['key', letter.key],
    ['from', `${letter.topic}, partition ${letter.partition}, offset ${letter.offset}`],
    ['trace', letter.traceparent ?? '-'],
  ].map((row) => row.map((cell) => toCell(cell, 2000)))
  const message = letter.event === null ? letter.message : JSON.stringify(letter.event, null, 2)
  return `${toTable(facts)}\n\nmessage\n${toPlain(message)}\n\nstack\n${toPlain(letter.trace ?? '-')}`
}

/** What replays did, or would do. */
export function formatResults(items: readonly { id: string; service: string; outcome: string; error: string | null }[], dryRun: boolean): string {
  if (items.length === 0) return 'There was nothing to replay.'
  const rows = items.map(({ id, service, outcome, error }) => [id, service, dryRun ? `would be ${outcome}` : outcome, toCell(error ?? '', 300)])
  const counts = [...Map.groupBy(items, ({ outcome }) => outcome)].map(([outcome, group]) => `${group.length} ${outcome}`)
  return `${toTable([['ID', 'SERVICE', 'OUTCOME', 'WHY'], ...rows])}\n${counts.join(', ')}${dryRun ? ' (dry run: nothing was changed)' : ''}`
}
