import { hasSuccessor, type BookingState, type CloudEvent, type PaymentState } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'
import { toAuditRow } from '../domain/audit.ts'

/** What makes the row of one aggregate from an event; each row changes only to a higher version. */
interface Projection {
  table: string
  columns: readonly string[]
  values(data: never): unknown[]
}

const location: Projection = {
  table: 'location',
  columns: ['id', 'version', 'name', 'time_zone', 'currency', 'status', 'opening_hours', 'week_starts_on'],
  values: (data: Record<string, unknown>) => [
    data.locationId,
    data.version,
    data.name,
    data.timeZone,
    data.currency,
    data.status,
    JSON.stringify(data.openingHours),
    data.weekStartsOn,
  ],
}
const space: Projection = {
  table: 'space',
  columns: ['id', 'version', 'location_id', 'name', 'kind', 'status', 'units_active'],
  values: (data: Record<string, unknown> & { units: { status: string }[] }) => [
    data.spaceId,
    data.version,
    data.locationId,
    data.name,
    data.kind,
    data.status,
    data.status === 'active' ? data.units.filter(({ status }) => status === 'active').length : 0,
  ],
}
const closure = (deleted: boolean): Projection => ({
  table: 'closure',
  columns: ['id', 'version', 'location_id', 'space_ids', 'starts_at', 'ends_at', 'deleted'],
  values: (data: Record<string, unknown>) => [data.closureId, data.version, data.locationId, data.spaceIds, data.startsAt, data.endsAt, deleted],
})
const booking: Projection = {
  table: 'booking',
  columns: [
    'id',
    'version',
    'status',
    'user_id',
    'location_id',
    'space_id',
    'starts_at',
    'ends_at',
    'checked_out_at',
    'currency',
    'total_minor',
    'payment_method',
  ],
  values: (data: BookingState) => [
    data.bookingId,
    data.version,
    data.status,
    data.userId,
    data.locationId,
    data.spaceId,
    data.startsAt,
    data.endsAt,
    data.checkedOutAt,
    data.currency,
    data.totalMinor,
    data.paymentMethod,
  ],
}
const payment: Projection = {
  table: 'payment',
  columns: ['id', 'version', 'booking_id', 'status', 'currency', 'captured_minor', 'refunded_minor'],
  values: (data: PaymentState) => [data.paymentId, data.version, data.bookingId, data.status, data.currency, data.capturedMinor, data.refundedMinor],
}

/** By the start of the type; the first that fits. */
const PROJECTIONS: readonly (readonly [string, Projection])[] = [
  ['workspace.location-', location],
  ['workspace.space-', space],
  ['workspace.closure-deleted.', closure(true)],
  ['workspace.closure-', closure(false)],
  ['booking.', booking],
  ['payment.wallet-', { table: '', columns: [], values: () => [] }],
  ['payment.', payment],
]

const READ_MODELS = ['location', 'space', 'closure', 'booking', 'payment', 'audit_entry']

/**
 * Applies one event to the read models: the same result in any order and any number of times. What is told in a newer version too counts
 * once. False: a newer version of its aggregate is here already.
 */
export async function project(tx: Queryable, event: CloudEvent): Promise<boolean> {
  if (hasSuccessor(event)) return true
  const projection = PROJECTIONS.find(([start]) => event.type.startsWith(start))?.[1]
  const isNewest = !projection?.table || (await upsert(tx, projection, event))
  const row = toAuditRow(event)
  if (row) {
    await tx.query({
      name: 'project-audit',
      text: `INSERT INTO audit_entry (id, at, actor_type, actor_id, action, subject, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
      values: [row.id, row.at, row.actorType, row.actorId, row.action, row.subject, row.requestId],
    })
  }
  return isNewest
}

async function upsert(tx: Queryable, projection: Projection, event: CloudEvent): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: `project-${projection.table}`,
    text: upsertOf(projection),
    values: projection.values(event.data as never),
  })
  return rowCount === 1
}

/** Empties what {@link project} fills. */
export async function clearReadModels(tx: Queryable): Promise<void> {
  for (const table of READ_MODELS) await tx.query(`DELETE FROM ${table}`)
}

function upsertOf({ table, columns }: Projection): string {
  const changed = columns.filter((column) => column !== 'id').map((column) => `${column} = excluded.${column}`)
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})
    ON CONFLICT (id) DO UPDATE SET ${changed.join(', ')} WHERE ${table}.version < excluded.version`
}
