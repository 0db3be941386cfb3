import type { BookingRecord, PendingChange } from '../domain/booking.ts'

type Row = Record<string, unknown>

const date = (value: unknown): Date => new Date(value as string)
const dateOrNull = (value: unknown): Date | null => (value === null || value === undefined ? null : date(value))

/** From `booking_view` (jsonb), the one shape every database function answers. */
export function toBooking(row: Row): BookingRecord {
  return {
    id: row.id as string,
    reference: row.reference as string,
    userId: row.user_id as string,
    teamId: row.team_id as string | null,
    spaceId: row.space_id as string,
    unitId: row.unit_id as string,
    locationId: row.location_id as string,
    kind: row.kind as BookingRecord['kind'],
    spaceName: row.space_name as string,
    unitName: row.unit_name as string,
    locationName: row.location_name as string,
    timeZone: row.time_zone as string,
    startsAt: date(row.starts_at),
    endsAt: date(row.ends_at),
    bufferBeforeMinutes: row.buffer_before_minutes as number,
    bufferAfterMinutes: row.buffer_after_minutes as number,
    status: row.status as BookingRecord['status'],
    version: row.version as number,
    title: row.title as string | null,
    reason: row.reason as string | null,
    attendees: row.attendees as BookingRecord['attendees'],
    currency: row.currency as string,
    netMinor: row.net_minor as number,
    taxMinor: row.tax_minor as number,
    totalMinor: row.total_minor as number,
    totalCredits: row.total_credits as number | null,
    lines: row.lines as BookingRecord['lines'],
    policy: row.policy as BookingRecord['policy'],
    paymentMethod: row.payment_method as BookingRecord['paymentMethod'],
    paymentStatus: row.payment_status as BookingRecord['paymentStatus'],
    paymentId: row.payment_id as string | null,
    holdExpiresAt: dateOrNull(row.hold_expires_at),
    withdrawn: row.withdrawn as boolean,
    checkedInAt: dateOrNull(row.checked_in_at),
    checkedOutAt: dateOrNull(row.checked_out_at),
    reasonCode: row.reason_code as BookingRecord['reasonCode'],
    refundMinor: row.refund_minor as number | null,
    refundCredits: row.refund_credits as number | null,
    refundPercent: row.refund_percent as number | null,
    createdAt: date(row.created_at),
    updatedAt: date(row.updated_at),
    pendingChange: toPendingChange(row.pending_change as Row | null),
    openAttempt: toOpenAttempt(row.open_attempt as Row | null),
    refusal: row.refusal as string | null,
  }
}

function toPendingChange(row: Row | null): PendingChange | null {
  if (!row) return null
  return {
    id: row.id as string,
    attemptId: row.attempt_id as string,
    spaceId: row.space_id as string,
    unitId: row.unit_id as string,
    startsAt: date(row.starts_at),
    endsAt: date(row.ends_at),
    currency: row.currency as string,
    totalMinor: row.total_minor as number,
    expiresAt: date(row.expires_at),
  }
}

function toOpenAttempt(row: Row | null): BookingRecord['openAttempt'] {
  return row && { id: row.id as string, nextAction: row.next_action as NonNullable<BookingRecord['openAttempt']>['nextAction'] }
}
