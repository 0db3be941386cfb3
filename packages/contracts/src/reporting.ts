import Type, { type Static } from 'typebox'
import { AuditValuesSchema } from './events/audit.ts'
import { defineOperation } from './operation.ts'
import { closed, CurrencySchema, IdSchema, InstantSchema, listOf, MoneySchema, nullable, pageQuery, personal } from './primitives.ts'

const count = Type.Integer({ minimum: 0 })

/** `asOf`: the product's time of the newest event that the report includes; events at or before it are in. */
const asOf = { asOf: InstantSchema }

/** What a report is about. `from` defaults to 60 days before `to`, `to` to 60 days after `from`, both together to 30 days on each side of now; at most 400 days. */
const reportQuery = closed({
  from: Type.Optional(InstantSchema),
  to: Type.Optional(InstantSchema),
  locationId: Type.Optional(IdSchema),
  groupBy: Type.Enum(['day', 'week', 'month', 'space', 'location'], { default: 'day' }),
})

/** A report is whole: `nextCursor` is always null. */
const reportOf = <T extends Type.TObject>(item: T) => Type.Object({ ...asOf, ...listOf(item).properties })

/**
 * `key`: the local date (`2026-01-05`), the local date on which the week begins, the local month (`2026-01`), or the id of
 * the space or location. `bookings` counts those that have a minute in the group. `percent` has one decimal; it is 0 when nothing was bookable.
 */
export const UtilisationItemSchema = Type.Object({
  key: Type.String(),
  bookableMinutes: count,
  bookedMinutes: count,
  percent: Type.Number({ minimum: 0 }),
  bookings: count,
})
export type UtilisationItem = Static<typeof UtilisationItemSchema>

/** Money of the bookings that begin in the group, by currency; credits are no money. */
export const RevenueItemSchema = Type.Object({
  key: Type.String(),
  currency: CurrencySchema,
  /** Totals of bookings that stand (confirmed or later, not cancelled). */
  bookedMinor: count,
  capturedMinor: count,
  refundedMinor: count,
})
export type RevenueItem = Static<typeof RevenueItemSchema>

/** Opening hours less closures, times active units, against what is booked; in the time zone of each location. */
export const getUtilisationReport = defineOperation({
  id: 'get-utilisation-report',
  service: 'reporting',
  method: 'GET',
  path: '/v1/reports/utilisation',
  summary: 'How much of what could be booked was booked',
  access: 'operator',
  query: reportQuery,
  responses: { 200: reportOf(UtilisationItemSchema) },
})

export const getRevenueReport = defineOperation({
  id: 'get-revenue-report',
  service: 'reporting',
  method: 'GET',
  path: '/v1/reports/revenue',
  summary: 'Money booked, captured and refunded, by currency',
  access: 'operator',
  query: reportQuery,
  responses: { 200: reportOf(RevenueItemSchema) },
})

/** Today is each location's own day. `revenueToday`: captured less refunded of the bookings that begin today. */
export const AnalyticsOverviewSchema = Type.Object({
  ...asOf,
  /** Confirmed or later, beginning today. */
  bookingsToday: count,
  checkedInNow: count,
  /** Of the whole of today, over all locations. */
  percentUtilised: Type.Number({ minimum: 0 }),
  revenueToday: Type.Array(MoneySchema),
  /** Events that reporting could not apply. */
  deadLetters: count,
})
export type AnalyticsOverview = Static<typeof AnalyticsOverviewSchema>

export const getAnalyticsOverview = defineOperation({
  id: 'get-analytics-overview',
  service: 'reporting',
  method: 'GET',
  path: '/v1/analytics/overview',
  summary: 'Today in numbers',
  access: 'operator',
  responses: { 200: AnalyticsOverviewSchema },
})

/** Who did what. `actor.id` is a user's id or a service's name; `subject` an id or a kind, never a name or an address. */
export const AuditEntrySchema = Type.Object({
  id: IdSchema,
  at: InstantSchema,
  actor: Type.Object({ type: Type.Enum(['user', 'service', 'system']), id: nullable(Type.String()) }),
  action: Type.String(),
  subject: nullable(Type.String()),
  /** The client's to choose, and so to repeat. */
  requestId: nullable(Type.String()),
  /** The trace in which it happened, by which logs and spans of all services are found; null for what happened outside one. */
  traceId: nullable(Type.String()),
  /** Whose thing it was, by id. */
  person: nullable(Type.String()),
  /** What changed: ids, numbers, instants and words of closed sets alone. */
  before: nullable(AuditValuesSchema),
  after: nullable(AuditValuesSchema),
  /**
   * From which network address it was asked, as the service that saw the request still knows. `none`: it knows of none (any more), or nobody
   * asked over the network; `unavailable`: that service gives no answer now.
   */
  source: Type.Object({ state: Type.Enum(['known', 'none', 'unavailable']), address: nullable(personal(Type.String())) }),
})
export type AuditEntry = Static<typeof AuditEntrySchema>

/**
 * Newest first; filters are exact. With `Accept: text/csv` the same page as CSV (RFC 4180), the next one in `Link`; a cell that a spreadsheet
 * would take for a formula begins with an apostrophe.
 */
export const listAuditEntries = defineOperation({
  id: 'list-audit-entries',
  service: 'reporting',
  method: 'GET',
  path: '/v1/audit',
  summary: 'The audit log',
  access: 'admin',
  query: closed({
    from: Type.Optional(InstantSchema),
    to: Type.Optional(InstantSchema),
    actorId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    action: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    person: Type.Optional(IdSchema),
    ...pageQuery,
  }),
  responses: { 200: listOf(AuditEntrySchema) },
  produces: 'text/csv',
})
