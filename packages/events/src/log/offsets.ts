import { setImmediate } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Position } from './fetch.ts'

/** Stored positions of the group in the given units (`topic/partition`); 0 where it has none yet. */
export async function readOffsets(pool: Pool, group: string, units: readonly string[]): Promise<Position[]> {
  if (units.length === 0) return []
  const { rows } = await pool.query<{ topic: string; partition: number; next_offset: string }>(
    `SELECT p.topic, p.partition, COALESCE(o.next_offset, 0) AS next_offset
     FROM log_partition p LEFT JOIN log_group_offset o ON o.group_name = $1 AND o.topic = p.topic AND o.partition = p.partition
     WHERE p.topic || '/' || p.partition = ANY($2)`,
    [group, units],
  )
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, nextOffset: BigInt(next_offset) }))
}

/** Stores positions of one group. */
export interface OffsetStore {
  /** Settles when the position is stored: with those of other partitions that are done at the moment, in one statement. */
  store(position: Position): Promise<void>
}

/** Positions never go back: a member that lost its lease during a stall must not undo its successor's progress. */
export function createOffsetStore(pool: Pool, group: string): OffsetStore {
  let next: { positions: Position[]; stored: Promise<void> } | undefined

  async function storeNext(positions: readonly Position[]): Promise<void> {
    await setImmediate()
    next = undefined
    await pool.query({
      name: 'log-store-offsets',
      // In one order for all members, so that two statements wait for each other one way only; a partition that was lost and came back may be in it twice.
      text: `INSERT INTO log_group_offset (group_name, topic, partition, next_offset)
        SELECT $1, done.topic, done.partition, max(done.next_offset) FROM unnest($2::text[], $3::smallint[], $4::bigint[]) AS done(topic, partition, next_offset)
        GROUP BY done.topic, done.partition ORDER BY done.topic, done.partition
        ON CONFLICT (group_name, topic, partition) DO UPDATE SET next_offset = GREATEST(log_group_offset.next_offset, excluded.next_offset)`,
      values: [group, positions.map(({ topic }) => topic), positions.map(({ partition }) => partition), positions.map(({ nextOffset }) => String(nextOffset))],
    })
  }

  return {
    store(position) {
      if (!next) {
        const positions: Position[] = []
        next = { positions, stored: storeNext(positions) }
      }
      next.positions.push(position)
      return next.stored
    },
  }
}

/** Messages the group has not finished; what retention has removed does not count. */
export async function countLag(pool: Pool, group: string, topics: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ lag: string }>(
    `SELECT COALESCE(sum(GREATEST(0, p.next_offset - GREATEST(COALESCE(o.next_offset, 0), COALESCE(r.first_offset, p.next_offset)))), 0) AS lag
     FROM log_partition p
     LEFT JOIN log_group_offset o ON o.group_name = $1 AND o.topic = p.topic AND o.partition = p.partition
     LEFT JOIN LATERAL (SELECT log_offset AS first_offset FROM log_record WHERE topic = p.topic AND partition = p.partition ORDER BY log_offset LIMIT 1) r ON true
     WHERE p.topic = ANY($2)`,
    [group, topics],
  )
  return Number(rows[0]?.lag ?? 0)
}
