import type { Pool } from 'pg'
import type { Delivery } from '../transport.ts'

/** Where a reader stands in one partition. */
export interface Position {
  topic: string
  partition: number
  nextOffset: bigint
}

// One round trip for all partitions that have something new; each part is a short range of the primary key.
const FETCH = `SELECT r.topic, r.partition, r.log_offset, r.key, r.value
  FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS want(topic, partition, position)
  CROSS JOIN LATERAL (
    SELECT * FROM log_record WHERE log_record.topic = want.topic AND log_record.partition = want.partition AND log_offset >= want.position
    ORDER BY log_offset LIMIT $4) AS r
  ORDER BY r.topic, r.partition, r.log_offset`

/** Deliveries from each position on, at most `batchMax` per partition, grouped by {@link unitOf}. */
export async function fetchDeliveries(pool: Pool, positions: readonly Position[], batchMax: number): Promise<Map<string, Delivery[]>> {
  const { rows } = await pool.query<{ topic: string; partition: number; log_offset: string; key: string; value: string }>({
    name: 'log-fetch',
    text: FETCH,
    values: [positions.map(({ topic }) => topic), positions.map(({ partition }) => partition), positions.map(({ nextOffset }) => String(nextOffset)), batchMax],
  })
  const deliveries: Delivery[] = rows.map(({ log_offset, ...row }) => ({ ...row, offset: BigInt(log_offset) }))
  return Map.groupBy(deliveries, unitOf)
}

/** The name of a partition as a lease unit. */
export function unitOf(at: { topic: string; partition: number }): string {
  return `${at.topic}/${at.partition}`
}
