import {
  hasSuccessor,
  type closureCreated,
  type locationCreated,
  type spaceCreated,
  type BookingState,
  type CloudEvent,
  type PaymentState,
} from '@alcove/contracts'
import type { Queryable } from '@alcove/database'
import { toAuditRow, type AuditRow } from '../domain/audit.ts'

/** A row of a read model, by column; PostgreSQL makes each value what its column is. */
type Row = Readonly<Record<string, unknown>> & { readonly id: string; readonly version: number }

/** What makes the row of one aggregate from an event; each row changes only to a higher version. */
interface Projection {
  table: string
  toRow(data: never): Row
}

const location: Projection = {
  table: 'location',
  toRow: (data: typeof locationCreated.example) => ({
    id: data.locationId,
    version: data.version,
    name: data.name,
    time_zone: data.timeZone,
    currency: data.currency,
    status: data.status,
    opening_hours: data.openingHours,
    week_starts_on: data.weekStartsOn,
  }),
}
const space: Projection = {
  table: 'space',
  toRow: (data: typeof spaceCreated.example) => ({
    id: data.spaceId,
    version: data.version,
    location_id: data.locationId,
    name: data.name,
    kind: data.kind,
    status: data.status,
    units_active: data.status === 'active' ? data.units.filter(({ status }) => status === 'active').length : 0,
  }),
}
const closure = (deleted: boolean): Projection => ({
  table: 'closure',
  toRow: (data: typeof closureCreated.example) => ({
    id: data.closureId,
    version: data.version,
    location_id: data.locationId,
    space_ids: data.spaceIds,
    starts_at: data.startsAt,
    ends_at: data.endsAt,
    deleted,
  }),
})
const presentClosure = closure(false)
const deletedClosure = closure(true)
const booking: Projection = {
  table: 'booking',
  toRow: (data: BookingState) => ({
    id: data.bookingId,
    version: data.version,
    status: data.status,
    user_id: data.userId,
    location_id: data.locationId,
    space_id: data.spaceId,
    starts_at: data.startsAt,
    ends_at: data.endsAt,
    checked_out_at: data.checkedOutAt,
    currency: data.currency,
    total_minor: data.totalMinor,
    payment_method: data.paymentMethod,
  }),
}
const payment: Projection = {
  table: 'payment',
  toRow: (data: PaymentState) => ({
    id: data.paymentId,
    version: data.version,
    booking_id: data.bookingId,
    status: data.status,
    currency: data.currency,
    captured_minor: data.capturedMinor,
    refunded_minor: data.refundedMinor,
  }),
}

/** By the start of the type; the first that fits. */
const PROJECTIONS: readonly (readonly [string, Projection | undefined])[] = [
  ['workspace.location-', location],
  ['workspace.space-', space],
  ['workspace.closure-deleted.', deletedClosure],
  ['workspace.closure-', presentClosure],
  ['booking.', booking],
  ['payment.wallet-', undefined],
  ['payment.', payment],
]

const READ_MODELS = ['location', 'space', 'closure', 'booking', 'payment', 'audit_entry']

/**
 * Applies events to the read models: the same result in any order and any number of times. What is told in a newer version too counts
 * once. Answers for each whether it stands: false when a newer version of its aggregate was here before.
 */
export async function project(tx: Queryable, events: readonly CloudEvent[]): Promise<boolean[]> {
  const told = events.filter((event) => !hasSuccessor(event))
  const stands = new Map<CloudEvent, boolean>()
  for (const [projection, some] of Map.groupBy(told, findProjection)) {
    if (!projection) continue
    const written = await upsert(tx, projection, some)
    for (const event of some) stands.set(event, written.has(toRow(projection, event).id))
  }
  await keepAudit(
    tx,
    told.flatMap((event) => toAuditRow(event) ?? []),
  )
  return events.map((event) => stands.get(event) ?? true)
}

const findProjection = (event: CloudEvent): Projection | undefined => PROJECTIONS.find(([start]) => event.type.startsWith(start))?.[1]
const toRow = (projection: Projection, event: CloudEvent): Row => projection.toRow(event.data as never)

/** Writes the newest row of each aggregate; answers which were new here. */
async function upsert(tx: Queryable, projection: Projection, events: readonly CloudEvent[]): Promise<Set<string>> {
  const newest = new Map<string, Row>()
  for (const event of events) {
    const row = toRow(projection, event)
    if (row.version > (newest.get(row.id)?.version ?? 0)) newest.set(row.id, row)
  }
  const rows = [...newest.values()]
  const { rows: written } = await tx.query<{ id: string }>({
    name: `project-${projection.table}`,
    text: upsertOf(projection.table, Object.keys(rows[0]!)),
    values: [JSON.stringify(rows)],
  })
  return new Set(written.map(({ id }) => id))
}

async function keepAudit(tx: Queryable, rows: readonly AuditRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query({
    name: 'project-audit',
    text: `INSERT INTO audit_entry (id, at, actor_type, actor_id, action, subject, request_id, service, person, before, after, trace_id)
      SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[], $11::jsonb[], $12::text[])
      ON CONFLICT (id) DO NOTHING`,
    values: [
      rows.map(({ id }) => id),
      rows.map(({ at }) => at),
      rows.map(({ actorType }) => actorType),
      rows.map(({ actorId }) => actorId),
      rows.map(({ action }) => action),
      rows.map(({ subject }) => subject),
      rows.map(({ requestId }) => requestId),
      rows.map(({ service }) => service),
      rows.map(({ person }) => person),
      rows.map(({ before }) => before && JSON.stringify(before)),
      rows.map(({ after }) => after && JSON.stringify(after)),
      rows.map(({ traceId }) => traceId),
    ],
  })
}

/** Empties what {@link project} fills. */
export async function clearReadModels(tx: Queryable): Promise<void> {
  for (const table of READ_MODELS) await tx.query(`DELETE FROM ${table}`)
}

function upsertOf(table: string, columns: readonly string[]): string {
  const names = columns.join(', ')
  const changed = columns.filter((column) => column !== 'id').map((column) => `${column} = excluded.${column}`)
  return `INSERT INTO ${table} (${names}) SELECT ${names} FROM jsonb_populate_recordset(NULL::${table}, $1)
    ON CONFLICT (id) DO UPDATE SET ${changed.join(', ')} WHERE ${table}.version < excluded.version RETURNING id`
}
