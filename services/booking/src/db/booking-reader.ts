import type { Pool } from 'pg'
import type { NewAttempt } from '../domain/booking.ts'
import type { BookingReader, UnsettledAttempt } from '../domain/ports.ts'
import { toBooking } from './booking-row.ts'

const FIND = 'SELECT booking_view(b) AS booking FROM booking b WHERE b.id = $1'
const CLOSED = `SELECT EXISTS (SELECT FROM closure WHERE location_id = $1 AND NOT deleted AND (space_ids = '{}' OR $2::uuid = ANY (space_ids))
  AND starts_at < $4 AND ends_at > $3) AS closed`
// Kept 24 h; the claim call takes over an older row.
const FIND_KEY = `SELECT booking_id, body_hash FROM idempotency
  WHERE principal = $1 AND method = $2 AND path = $3 AND key = $4 AND created_at > $5::timestamptz - interval '24 hours'`

/** Single rows, for use cases and routes. */
export function createBookingReader(pool: Pool): BookingReader {
  const isClosed: BookingReader['isClosed'] = async ({ locationId, spaceId, startsAt, endsAt }) => {
    const { rows } = await pool.query<{ closed: boolean }>({ name: 'is-closed', text: CLOSED, values: [locationId, spaceId, startsAt, endsAt] })
    return rows[0]!.closed
  }
  return {
    async find(id) {
      const { rows } = await pool.query<{ booking: Record<string, unknown> }>({ name: 'find-booking', text: FIND, values: [id] })
      return rows[0] && toBooking(rows[0].booking)
    },
    async findKey({ principal, method, path, key }, now) {
      const { rows } = await pool.query<{ booking_id: string; body_hash: string }>({
        name: 'find-key',
        text: FIND_KEY,
        values: [principal, method, path, key, now],
      })
      return rows[0] && { bookingId: rows[0].booking_id, bodyHash: rows[0].body_hash }
    },
    isClosed,
  }
}

const UNANSWERED = `SELECT a.id, a.method, a.token, a.currency, a.amount_minor, a.amount_credits, b.id AS booking_id, b.user_id
  FROM attempt a JOIN booking b ON b.id = a.booking_id WHERE a.status = 'open' AND a.created_at <= $1 ORDER BY a.created_at LIMIT 200`

/** What reconciliation works off. */
export function createAttemptReader(pool: Pool) {
  return {
    async listUnanswered(before: Date): Promise<UnsettledAttempt[]> {
      const { rows } = await pool.query<Record<string, string | null>>(UNANSWERED, [before])
      return rows.map((row) => ({
        attempt: {
          id: row.id!,
          method: row.method as NewAttempt['method'],
          token: row.token ?? null,
          currency: row.currency!,
          amountMinor: Number(row.amount_minor),
          amountCredits: Number(row.amount_credits),
        },
        bookingId: row.booking_id!,
        userId: row.user_id!,
      }))
    },
    async listReleasesOwed(): Promise<string[]> {
      const { rows } = await pool.query<{ id: string }>('SELECT id FROM attempt WHERE release_owed ORDER BY created_at LIMIT 200')
      return rows.map(({ id }) => id)
    },
    async noteReleased(attemptId: string): Promise<void> {
      await pool.query('UPDATE attempt SET release_owed = false WHERE id = $1', [attemptId])
    },
  }
}
