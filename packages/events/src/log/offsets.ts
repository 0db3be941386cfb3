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

/** Never goes back: a member that lost its lease during a stall must not undo its successor's progress. */
export async function storeOffset(pool: Pool, group: string, position: Position): Promise<void> {
  await pool.query({
    name: 'log-store-offset',
    text: `INSERT INTO log_group_offset (group_name, topic, partition, next_offset) VALUES ($1, $2, $3, $4)
      ON CONFLICT (group_name, topic, partition) DO UPDATE SET next_offset = GREATEST(log_group_offset.next_offset, excluded.next_offset)`,
    values: [group, position.topic, position.partition, String(position.nextOffset)],
  })
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
