import type { BookingState } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'
import { hasOtherTime } from '../domain/booking-notices.ts'

/**
 * Keeps the newest state of each booking, whatever order its events come in. A new time starts the reminder's wait anew;
 * any other change leaves it. Answers for each whether the booking was known before, which only a
 * confirmed one is, and whether this state is newer than what was known.
 */
export async function keepBookings(tx: Queryable, bookings: readonly BookingState[]): Promise<{ wasKnown: boolean; isNewer: boolean }[]> {
  // Of a booking told of more than once, the newest: a statement changes a row only once. In one order for all, so that nobody waits crosswise.
  const newest = [...Map.groupBy(bookings, (booking) => booking.bookingId).values()]
    .map((states) => states.reduce((a, b) => (b.version > a.version ? b : a)))
    .sort((a, b) => (a.bookingId < b.bookingId ? -1 : 1))
  const { rows } = await tx.query<{ id: string; was_known: boolean; is_newer: boolean }>({
    name: 'bookings-keep',
    text: `WITH told AS MATERIALIZED (
       SELECT * FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::jsonb[], $9::boolean[])
         AS t (id, version, user_id, status, starts_at, ends_at, settled_at, facts, moved)),
     before AS MATERIALIZED (SELECT t.id FROM told t JOIN booking USING (id)),
     kept AS (
       INSERT INTO booking (id, version, user_id, status, starts_at, ends_at, settled_at, facts)
       SELECT id, version, user_id, status, starts_at, ends_at, settled_at, facts FROM told
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
         settled_at = CASE WHEN (SELECT moved FROM told WHERE told.id = excluded.id) THEN excluded.settled_at ELSE booking.settled_at END, facts = excluded.facts
       WHERE booking.version < excluded.version RETURNING id)
     SELECT id, EXISTS (SELECT FROM before b WHERE b.id = t.id) AS was_known, EXISTS (SELECT FROM kept k WHERE k.id = t.id) AS is_newer FROM told t`,
    values: [
      newest.map((booking) => booking.bookingId),
      newest.map((booking) => booking.version),
      newest.map((booking) => booking.userId),
      newest.map((booking) => booking.status),
      newest.map((booking) => booking.startsAt),
      newest.map((booking) => booking.endsAt),
      newest.map((booking) => booking.at),
      newest.map((booking) => JSON.stringify(booking)),
      newest.map(hasOtherTime),
    ],
  })
  const stands = new Map(rows.map((row) => [row.id, { wasKnown: row.was_known, isNewer: row.is_newer }]))
  return bookings.map((booking) => {
    const { wasKnown, isNewer } = stands.get(booking.bookingId)!
    return { wasKnown, isNewer: isNewer && newest.includes(booking) }
  })
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
