import type { Pool } from 'pg'
import type { By } from '../domain/booking.ts'
import type { TwoPhaseStore } from '../domain/settle-deactivations.ts'

const batch = 100

/** Time-driven writes; each call is one small transaction and says how much it did. */
export function createSweeps(pool: Pool, afterCommit: () => void) {
  const run = async (name: string, now: Date, by: By): Promise<number> => {
    const { rows } = await pool.query<{ done: number }>({ name, text: `SELECT ${name}($1, $2, $3) AS done`, values: [batch, now, JSON.stringify(by)] })
    const { done } = rows[0]!
    if (done > 0) afterCommit()
    return done
  }
  return {
    expireOverdue: (now: Date, by: By) => run('sweep_overdue', now, by),
    completeEnded: (now: Date, by: By) => run('sweep_ended', now, by),
    async cancelBookingsOf(userId: string, now: Date, by: By): Promise<number> {
      const { rows } = await pool.query<{ done: number }>('SELECT cancel_bookings_of($1, $2, $3, $4) AS done', [userId, batch, now, JSON.stringify(by)])
      if (rows[0]!.done > 0) afterCommit()
      return rows[0]!.done
    },
    /** Idempotency rows are kept 24 h; holds that never became bookings as long. Says how many went. */
    async forget(now: Date): Promise<number> {
      const { rows } = await pool.query<{ done: number }>('SELECT sweep_forgotten($1, $2) AS done', [1000, now])
      return rows[0]!.done
    },
  }
}

/** The two phases of a table whose rows claims check. */
export function createTwoPhaseStore(pool: Pool, table: 'deactivated_user' | 'closure'): TwoPhaseStore {
  const id = table === 'closure' ? 'id' : 'user_id'
  return {
    async listUnsettled() {
      const { rows } = await pool.query<{ id: string }>(`SELECT ${id} AS id FROM ${table} WHERE settled_at IS NULL ORDER BY 1 LIMIT 500`)
      return rows.map((row) => row.id)
    },
    async hasPassed(row) {
      // Seen here, the row is committed: a claim that takes its transaction id from now on sees it. Our own new id is above
      // every older one; a snapshot's xmax is not, it is only the last that has ended.
      await pool.query(`UPDATE ${table} SET horizon = pg_current_xact_id() WHERE ${id} = $1 AND horizon IS NULL`, [row])
      const { rows } = await pool.query<{ passed: boolean }>(
        `SELECT pg_snapshot_xmin(pg_current_snapshot()) >= horizon AS passed FROM ${table} WHERE ${id} = $1`,
        [row],
      )
      return rows[0]?.passed ?? false
    },
    async markSettled(row, now) {
      await pool.query(`UPDATE ${table} SET settled_at = $2 WHERE ${id} = $1`, [row, now])
    },
  }
}
