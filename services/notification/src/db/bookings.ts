import type { BookingState } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'
import { hasOtherTime } from '../domain/booking-notices.ts'

/**
 * Keeps the newest state of a booking, whatever order its events come in. A new time starts the reminder's wait anew;
 * any other change leaves it. Answers whether the booking was known before, which only a
 * confirmed one is, and whether this state is newer than what was known.
 */
export async function keepBooking(tx: Queryable, booking: BookingState): Promise<{ wasKnown: boolean; isNewer: boolean }> {
  const kept = await tx.query<{ was_known: boolean; is_newer: boolean }>(
    `WITH before AS (SELECT FROM booking WHERE id = $1),
     kept AS (
       INSERT INTO booking (id, version, user_id, status, starts_at, ends_at, settled_at, facts)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
         settled_at = CASE WHEN $9::boolean THEN excluded.settled_at ELSE booking.settled_at END, facts = excluded.facts
       WHERE booking.version < excluded.version RETURNING id)
     SELECT EXISTS (SELECT FROM before) AS was_known, EXISTS (SELECT FROM kept) AS is_newer`,
    [
      booking.bookingId,
      booking.version,
      booking.userId,
      booking.status,
      booking.startsAt,
      booking.endsAt,
      booking.at,
      JSON.stringify(booking),
      hasOtherTime(booking),
    ],
  )
  return { wasKnown: kept.rows[0]!.was_known, isNewer: kept.rows[0]!.is_newer }
}

/**
 * Confirmed bookings within the lead of their start that were not reminded of it, marked as reminded in the caller's
 * transaction. Not those made or moved within the lead (their mail is fresh), nor any that has begun: a late job is silent.
 */
export async function takeDueReminders(tx: Queryable, { now, leadMinutes, limit }: { now: Date; leadMinutes: number; limit: number }): Promise<BookingState[]> {
  const due = await tx.query<{ facts: BookingState }>(
    `WITH due AS (
       SELECT id FROM booking
       WHERE status = 'confirmed' AND starts_at > $1::timestamptz AND starts_at <= $1::timestamptz + make_interval(mins => $2)
         AND reminded_for IS DISTINCT FROM starts_at AND settled_at <= starts_at - make_interval(mins => $2)
       ORDER BY starts_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE booking SET reminded_for = starts_at FROM due WHERE booking.id = due.id
     RETURNING facts`,
    [now, leadMinutes, limit],
  )
  return due.rows.map((row) => row.facts)
}
