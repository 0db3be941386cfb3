import type { Interval } from '@alcove/rules'
import type { AuditPosition } from './db/reads.ts'
import { cursorInvalid, rangeReversed, rangeTooLong } from './errors.ts'

const dayMs = 86_400_000
const rangeDaysMax = 400
/** Beyond the year 9999 neither database nor keys can write a date. */
const lastInstantMs = Date.UTC(9999, 11, 31)

/** The range of a report with its defaults; 400 when it is empty, reversed or longer than 400 days. */
export function toRange(query: { from?: string; to?: string }, now: Date): Interval {
  const from = query.from === undefined ? undefined : Date.parse(query.from)
  const to = query.to === undefined ? undefined : Date.parse(query.to)
  const startsAt = from ?? (to === undefined ? now.getTime() - 30 * dayMs : to - 60 * dayMs)
  const endsAt = Math.min(lastInstantMs, to ?? (from === undefined ? now.getTime() + 30 * dayMs : from + 60 * dayMs))
  if (endsAt <= startsAt) throw rangeReversed()
  if (endsAt - startsAt > rangeDaysMax * dayMs) throw rangeTooLong(rangeDaysMax)
  return { startsAt, endsAt }
}

/** An opaque position in the audit log. */
export function toCursor({ at, id }: AuditPosition): string {
  return Buffer.from(`${at.toISOString()} ${id}`).toString('base64url')
}

/** 400 for a cursor that {@link toCursor} did not make. */
export function fromCursor(cursor: string): AuditPosition {
  const [at, id] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (!at || !id || !/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(at) || Number.isNaN(Date.parse(at)) || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw cursorInvalid()
  return { at: new Date(at), id }
}

/** Whether a client names CSV, and not JSON before it. */
export function prefersCsv(accept: string | undefined): boolean {
  const wanted = (accept ?? '').toLowerCase()
  const csv = wanted.indexOf('text/csv')
  const json = wanted.indexOf('application/json')
  return csv >= 0 && (json < 0 || csv < json)
}
