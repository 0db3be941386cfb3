import type { BookingState } from '@alcove/contracts'
import type { Pool, PoolClient } from 'pg'
import type { BookingRecord } from '../domain/booking.ts'
import type { PaymentReport } from '../domain/ports.ts'
import { toBooking } from './booking-row.ts'

/** Effects of other services' events, each in the inbox transaction it is lent. They answer false when a newer version is here already. */
export const eventEffects = {
  async notePayments(tx: PoolClient, reports: readonly PaymentReport[], now: Date): Promise<boolean[]> {
    const { rows } = await tx.query<{ is_older: boolean }>({
      name: 'note_payments',
      text: `SELECT NOT note_payment(r.attempt, r.payment, r.version, r.status, r.reason, $7, r.by)
          AND EXISTS (SELECT FROM attempt WHERE id = r.attempt AND payment_version >= r.version) AS is_older
        FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::jsonb[]) AS r (attempt, payment, version, status, reason, by)`,
      values: [
        reports.map(({ state }) => state.attemptId),
        reports.map(({ state }) => state.paymentId),
        reports.map(({ state }) => state.version),
        reports.map(({ state }) => state.status),
        reports.map(({ state }) => state.reasonCode),
        reports.map(({ by }) => JSON.stringify(by)),
        now,
      ],
    })
    return rows.map((row) => !row.is_older)
  },
  async storeDeactivation(tx: PoolClient, { userId, version, deactivatedAt }: { userId: string; version: number; deactivatedAt: Date }): Promise<boolean> {
    // One that follows a reactivation which has not come yet is swept anew; that reactivation is then the older one.
    const { rowCount } = await tx.query(
      `INSERT INTO deactivated_user AS d (user_id, version, deactivated_at)
       SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM reactivated_user WHERE user_id = $1 AND version > $2)
       ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, deactivated_at = excluded.deactivated_at,
         stored_tx = excluded.stored_tx, horizon = NULL, settled_at = NULL WHERE d.version < excluded.version`,
      [userId, version, deactivatedAt],
    )
    return rowCount === 1
  },
  async storeReactivation(tx: PoolClient, { userId, version }: { userId: string; version: number }): Promise<boolean> {
    const { rows } = await tx.query<{ isNewest: boolean }>(
      `WITH noted AS (
         INSERT INTO reactivated_user AS r (user_id, version) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET version = excluded.version WHERE r.version < excluded.version RETURNING user_id),
       lifted AS (DELETE FROM deactivated_user WHERE user_id = $1 AND version < $2)
       SELECT EXISTS (SELECT FROM noted) AND NOT EXISTS (SELECT FROM deactivated_user WHERE user_id = $1 AND version > $2) AS "isNewest"`,
      [userId, version],
    )
    return rows[0]!.isNewest
  },
  async storeClosure(
    tx: PoolClient,
    closure: { closureId: string; version: number; locationId: string; spaceIds: string[] | null; startsAt: string; endsAt: string },
    deleted: boolean,
  ): Promise<boolean> {
    const { rowCount } = await tx.query(
      `INSERT INTO closure AS c (id, version, location_id, space_ids, starts_at, ends_at, deleted) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, space_ids = excluded.space_ids, starts_at = excluded.starts_at,
         ends_at = excluded.ends_at, deleted = excluded.deleted WHERE c.version < excluded.version`,
      [closure.closureId, closure.version, closure.locationId, closure.spaceIds ?? [], closure.startsAt, closure.endsAt, deleted],
    )
    return rowCount === 1
  },
}

/** What other services ask. */
export function createInternalReads(pool: Pool) {
  return {
    async findDetail(id: string): Promise<{ state: BookingState; booking: BookingRecord } | undefined> {
      const { rows } = await pool.query<{ state: BookingState; booking: Record<string, unknown> }>(
        'SELECT booking_state(b, b.updated_at) AS state, booking_view(b) AS booking FROM booking b WHERE b.id = $1 AND b.version > 0',
        [id],
      )
      return rows[0] && { state: rows[0].state, booking: toBooking(rows[0].booking) }
    },
    async retireUnits(spaces: readonly unknown[], at: Date, now: Date): Promise<boolean> {
      const { rows } = await pool.query<{ used: boolean }>('SELECT retire_units($1, $2, $3) AS used', [JSON.stringify(spaces), at, now])
      return rows[0]!.used
    },
    async isSettled(closureId: string): Promise<boolean> {
      const { rows } = await pool.query<{ settled: boolean }>('SELECT settled_at IS NOT NULL AS settled FROM closure WHERE id = $1', [closureId])
      return rows[0]?.settled ?? false
    },
  }
}
