import { withTransaction } from '@alcove/database'
import type { Pool } from 'pg'

/** Beyond the time limit, for a sweep that is just ending after its signal. */
const GRACE_SECONDS = 5

const FIND = `SELECT j.id, j.key FROM graphile_worker.jobs j JOIN unnest($1::text[], $2::float8[]) AS s(name, seconds) ON s.name = j.task_identifier
  WHERE j.locked_at < $3::timestamptz - make_interval(secs => s.seconds)`

/**
 * Takes jobs from processes that were killed: locked for longer than the sweep may run. graphile-worker's own
 * force-unlock works on whole worker pools and would free jobs that are running well, so the row itself is
 * unlocked. One that had already scheduled its successor (its key is gone) is removed.
 */
export async function releaseStale(pool: Pool, options: { sweeps: readonly { name: string; timeLimitSeconds: number }[]; now: Date }): Promise<number> {
  const { sweeps, now } = options
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ id: string; key: string | null }>(FIND, [
      sweeps.map(({ name }) => name),
      sweeps.map(({ timeLimitSeconds }) => timeLimitSeconds + GRACE_SECONDS),
      now,
    ])
    const kept = rows.filter(({ key }) => key !== null).map(({ id }) => id)
    const superseded = rows.filter(({ key }) => key === null).map(({ id }) => id)
    if (kept.length > 0)
      await tx.query('UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL, run_at = $2 WHERE id = ANY($1)', [kept, now])
    if (superseded.length > 0) await tx.query('DELETE FROM graphile_worker._private_jobs WHERE id = ANY($1)', [superseded])
    return rows.length
  })
}
