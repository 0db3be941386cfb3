import type { AuditAction } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { recordAudit, type AuditValues } from '@alcove/events'
import { toInstant } from '@alcove/kit'
import type { Pool, PoolClient } from 'pg'
import type { BookingRecord } from '../domain/booking.ts'
import type { Act, BookingStore } from '../domain/ports.ts'
import { toBooking } from './booking-row.ts'
import { createBookingStore } from './booking-store.ts'

type BookingAct = Extract<AuditAction, `booking.${string}`>
type Outcome = { outcome: string; booking?: BookingRecord } | BookingRecord

/**
 * The store over a pool. What somebody does to another's booking (`by.audited`) is one transaction with its audit entry, which names the
 * booking's person and what changed; everything else goes the short way, without a transaction around its one statement.
 */
export function createAuditedStore(pool: Pool, afterCommit: () => void = () => undefined): BookingStore {
  const plain = createBookingStore(pool, afterCommit)

  async function audited<T extends Outcome>(
    action: BookingAct,
    { bookingId, act }: { bookingId: string; act: Act },
    run: (store: BookingStore) => Promise<T>,
  ): Promise<T> {
    if (!act.by.audited) return run(plain)
    const outcome = await withTransaction(
      pool,
      async (tx) => {
        const before = await readBooking(tx, bookingId)
        const done = await run(createBookingStore(tx, undefined, false))
        const answer: Outcome = done
        const after = 'id' in answer ? answer : answer.booking
        // A repeated request, and an act that found it done already, are told no second time.
        if (before && after && isChanged(before, after, action)) await record(tx, { action, before, after, act })
        return done
      },
      { retry: true },
    )
    afterCommit()
    return outcome
  }

  return {
    ...plain,
    startPayment: (input, act) => audited('booking.paid', { bookingId: input.bookingId, act }, (store) => store.startPayment(input, act)),
    startChange: (input, act) => audited('booking.changed', { bookingId: input.bookingId, act }, (store) => store.startChange(input, act)),
    changeWords: (input, act) => audited('booking.described', { bookingId: input.bookingId, act }, (store) => store.changeWords(input, act)),
    cancel: (input, act) => audited('booking.cancelled', { bookingId: input.bookingId, act }, (store) => store.cancel(input, act)),
    checkIn: (input, act) => audited('booking.checked-in', { bookingId: input.bookingId, act }, (store) => store.checkIn(input, act)),
    checkOut: (input, act) => audited('booking.checked-out', { bookingId: input.bookingId, act }, (store) => store.checkOut(input, act)),
  }
}

async function readBooking(tx: PoolClient, id: string): Promise<BookingRecord | undefined> {
  const { rows } = await tx.query<{ booking: Record<string, unknown> }>('SELECT booking_view(b) AS booking FROM booking b WHERE id = $1', [id])
  return rows[0] && toBooking(rows[0].booking)
}

function isChanged(before: BookingRecord, after: BookingRecord, action: BookingAct): boolean {
  // A change and a payment begin without a new version: money may have to come first. Words have no other trace.
  return action === 'booking.paid' || action === 'booking.changed' || action === 'booking.described' || after.version !== before.version
}

interface Done {
  action: BookingAct
  before: BookingRecord
  after: BookingRecord
  act: Act
}

async function record(tx: PoolClient, { action, before, after, act: { now, by } }: Done): Promise<void> {
  await recordAudit(tx, 'booking', {
    action,
    subject: after.id,
    person: after.userId,
    before: describe(before),
    after: { ...describe(after), ...describeTarget(after) },
    actor: { type: by.type, id: by.id },
    requestId: by.audited!.requestId,
    address: by.audited!.address,
    traceparent: by.traceparent,
    now,
  })
}

function describe(booking: BookingRecord): AuditValues<'booking.paid'> {
  const { status, version, startsAt, endsAt, spaceId, unitId, totalMinor, refundMinor, paymentStatus } = booking
  return { status, version, startsAt: toInstant(startsAt), endsAt: toInstant(endsAt), spaceId, unitId, totalMinor, refundMinor, paymentStatus }
}

/** Where a change leads whose price difference is not paid yet. */
function describeTarget({ pendingChange }: BookingRecord): AuditValues<'booking.changed'> {
  if (!pendingChange) return {}
  const { startsAt, endsAt, spaceId, unitId, totalMinor } = pendingChange
  return { startsAt: toInstant(startsAt), endsAt: toInstant(endsAt), spaceId, unitId, totalMinor }
}
