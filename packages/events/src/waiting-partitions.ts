import type { Queryable } from '@alcove/database'

/** How long beyond its pause a partition counts as waiting: the next try takes its time too. */
const GRACE_SECONDS = 10

/** A partition that its consumer cannot go on with at the moment. */
export interface WaitingPartition {
  topic: string
  partition: number
  type: string | null
  error: string
}

/**
 * Tells all replicas of this service that a partition waits; best effort, for what is not available may be this very
 * database. Ends by itself when it is not renewed.
 */
export async function noteWaiting(
  db: Queryable,
  place: { topic: string; partition: number; type: string | undefined; error: Error; pauseMs: number },
): Promise<void> {
  const seconds = place.pauseMs / 1000 + GRACE_SECONDS
  await db
    .query(
      `INSERT INTO waiting_partition (topic, log_partition, type, error, waiting_until)
       VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
       ON CONFLICT (topic, log_partition) DO UPDATE SET type = excluded.type, error = excluded.error, waiting_until = excluded.waiting_until`,
      [place.topic, place.partition, place.type ?? null, place.error.message.replaceAll('\0', '\uFFFD'), seconds],
    )
    .catch(() => undefined)
}

export async function forgetWaiting(db: Queryable, place: { topic: string; partition: number }): Promise<void> {
  await db.query('DELETE FROM waiting_partition WHERE topic = $1 AND log_partition = $2', [place.topic, place.partition]).catch(() => undefined)
}

/** One of the partitions that wait, if any does. */
export async function findWaiting(db: Queryable): Promise<WaitingPartition | undefined> {
  const { rows } = await db.query<WaitingPartition>(
    `SELECT topic, log_partition AS partition, type, error FROM waiting_partition WHERE waiting_until > clock_timestamp()
     ORDER BY topic, log_partition LIMIT 1`,
  )
  return rows[0]
}
