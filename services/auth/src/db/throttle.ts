import type { Pool } from 'pg'
import type { Throttle } from '../domain/ports.ts'
import { pairDelaysSeconds, pairMemorySeconds } from '../domain/throttle.ts'

interface Row {
  key: Buffer
  blockedUntil: Date
}

/** The throttle's counters, shared by all replicas. Two rows a failure: the pair's count and the source's allowance. */
export function createThrottle(pool: Pool): Throttle {
  return {
    async read(pair, source) {
      const { rows } = await pool.query<Row>('SELECT key, blocked_until AS "blockedUntil" FROM login_throttle WHERE key = $1 OR key = $2', [pair, source])
      const find = (key: Buffer) => rows.find((row) => row.key.equals(key))?.blockedUntil ?? null
      return { pairBlockedUntil: find(pair), sourceSpentUntil: find(source) }
    },
    async recordFailure(pair, source, now) {
      // The count is raised and its delay looked up in one statement: concurrent failures of a pair each count.
      await pool.query(
        `INSERT INTO login_throttle AS t (key, failures, blocked_until, updated_at) VALUES ($1, 1, $2::timestamptz, $2)
         ON CONFLICT (key) DO UPDATE SET
           failures = CASE WHEN t.updated_at < $2::timestamptz - make_interval(secs => $3) THEN 1 ELSE t.failures + 1 END,
           blocked_until = $2::timestamptz + make_interval(secs => ($4::int[])[
             CASE WHEN t.updated_at < $2::timestamptz - make_interval(secs => $3) THEN 1 ELSE least(t.failures + 1, cardinality($4::int[])) END]),
           updated_at = $2`,
        [pair, now, pairMemorySeconds, pairDelaysSeconds],
      )
      await pool.query(
        `INSERT INTO login_throttle AS t (key, failures, blocked_until, updated_at) VALUES ($1, 1, $2::timestamptz + interval '1 second', $2)
         ON CONFLICT (key) DO UPDATE SET failures = t.failures + 1, updated_at = $2,
           blocked_until = greatest(t.blocked_until, $2::timestamptz) + interval '1 second'`,
        [source, now],
      )
    },
    async noteTold(key, now) {
      const { rowCount } = await pool.query(
        `UPDATE login_throttle SET told_at = $2 WHERE key = $1 AND (told_at IS NULL OR told_at <= $2::timestamptz - interval '1 minute')`,
        [key, now],
      )
      return rowCount === 1
    },
    async clear(pair) {
      await pool.query('DELETE FROM login_throttle WHERE key = $1', [pair])
    },
  }
}
