import { isGone, nameProcess, withTransaction, type Queryable } from '@alcove/database'
import type { Pool } from 'pg'

/** Beyond the time limit, for a sweep that is just ending after its signal. */
const GRACE_SECONDS = 5
/** A worker that is silent for this long is dead; it announces itself every 5 s. */
const SILENCE = '15 seconds'

// Which process a lock's worker pool belongs to. Its time is the database's own: it is about processes, not about bookings.
const WORKER_TABLE = `CREATE TABLE IF NOT EXISTS graphile_worker.alcove_worker (
  pool_id text PRIMARY KEY, process text NOT NULL, alive_until timestamptz NOT NULL)`

const LOCKED = `SELECT j.id, j.key, w.process, w.alive_until < clock_timestamp() AS silent,
    j.locked_at < $3::timestamptz - make_interval(secs => s.seconds) AS overdue
  FROM graphile_worker.jobs j JOIN unnest($1::text[], $2::float8[]) AS s(name, seconds) ON s.name = j.task_identifier
  LEFT JOIN graphile_worker.alcove_worker w ON w.pool_id = j.locked_by
  WHERE j.locked_at IS NOT NULL`

/** Made beside graphile-worker's own tables, under the same lock. */
export async function createWorkerTable(db: Queryable): Promise<void> {
  await db.query(WORKER_TABLE)
}

/** Says that this process's worker pool is alive. */
export async function announce(db: Queryable, poolId: string): Promise<void> {
  await db.query(
    `INSERT INTO graphile_worker.alcove_worker (pool_id, process, alive_until) VALUES ($1, $2, clock_timestamp() + $3::interval)
     ON CONFLICT (pool_id) DO UPDATE SET alive_until = excluded.alive_until`,
    [poolId, nameProcess(), SILENCE],
  )
}

export async function withdraw(db: Queryable, poolId: string): Promise<void> {
  await db.query('DELETE FROM graphile_worker.alcove_worker WHERE pool_id = $1', [poolId])
}

interface LockedJob {
  id: string
  key: string | null
  process: string | null
  silent: boolean | null
  overdue: boolean
}

/**
 * Takes jobs from processes that were killed: gone from this machine, silent for 15 s, or holding a lock for longer
 * than the sweep may run. graphile-worker's own force-unlock works on whole worker pools and would free jobs that run
 * well, so the row itself is unlocked. One that had already scheduled its successor (its key is gone) is removed.
 */
export async function releaseStale(pool: Pool, options: { sweeps: readonly { name: string; timeLimitSeconds: number }[]; now: Date }): Promise<number> {
  const { sweeps, now } = options
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<LockedJob>(LOCKED, [
      sweeps.map(({ name }) => name),
      sweeps.map(({ timeLimitSeconds }) => timeLimitSeconds + GRACE_SECONDS),
      now,
    ])
    const lost = rows.filter((job) => job.overdue || job.silent === true || (job.process !== null && isGone(job.process)))
    const kept = lost.filter(({ key }) => key !== null).map(({ id }) => id)
    const superseded = lost.filter(({ key }) => key === null).map(({ id }) => id)
    if (kept.length > 0)
      await tx.query('UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL, run_at = $2 WHERE id = ANY($1)', [kept, now])
    if (superseded.length > 0) await tx.query('DELETE FROM graphile_worker._private_jobs WHERE id = ANY($1)', [superseded])
    await tx.query("DELETE FROM graphile_worker.alcove_worker WHERE alive_until < clock_timestamp() - interval '1 day'")
    return lost.length
  })
}
