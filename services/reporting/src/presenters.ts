import type { AuditEntry } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'
import type { AuditSource } from './domain/audit.ts'

interface AuditRecord {
  id: string
  at: Date
  actorType: string
  actorId: string | null
  action: string
  subject: string | null
  requestId: string | null
  traceId: string | null
  person: string | null
  before: unknown
  after: unknown
}

export function toAuditEntry(row: AuditRecord, source: AuditSource): AuditEntry {
  return {
    id: row.id,
    at: toInstant(row.at),
    actor: { type: row.actorType as AuditEntry['actor']['type'], id: row.actorId },
    action: row.action,
    subject: row.subject,
    requestId: row.requestId,
    traceId: row.traceId,
    person: row.person,
    before: row.before as AuditEntry['before'],
    after: row.after as AuditEntry['after'],
    source,
  }
}

const columns: readonly (readonly [string, (entry: AuditEntry) => string | null])[] = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['actorType', ({ actor }) => actor.type],
  ['actorId', ({ actor }) => actor.id],
  ['action', ({ action }) => action],
  ['subject', ({ subject }) => subject],
  ['person', ({ person }) => person],
  ['before', ({ before }) => before && JSON.stringify(before)],
  ['after', ({ after }) => after && JSON.stringify(after)],
  ['requestId', ({ requestId }) => requestId],
  ['traceId', ({ traceId }) => traceId],
  ['sourceState', ({ source }) => source.state],
  ['sourceAddress', ({ source }) => source.address],
]

/** A page of the log as CSV with a heading. */
export function toAuditCsv(entries: readonly AuditEntry[]): string {
  const lines = [columns.map(([name]) => name), ...entries.map((entry) => columns.map(([, read]) => toCell(read(entry) ?? '')))]
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('')
}

/**
 * A cell of RFC 4180. What a spreadsheet would carry out as a formula is made text by an apostrophe: a request's id is the client's to choose,
 * and the log is opened by admins.
 */
export function toCell(value: string): string {
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
