import type { CloudEvent } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'
import type { Pool } from 'pg'

/** Keeps events as they came; a repeat is not kept twice. */
export async function keepRawEvents(tx: Queryable, kept: readonly { topic: string; event: CloudEvent }[]): Promise<void> {
  await tx.query({
    name: 'keep-raw-events',
    text: `INSERT INTO raw_event (id, topic, type, subject, occurred_at, event)
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::json[]) ON CONFLICT (id) DO NOTHING`,
    values: [
      kept.map(({ event }) => event.id),
      kept.map(({ topic }) => topic),
      kept.map(({ event }) => event.type),
      kept.map(({ event }) => event.subject),
      kept.map(({ event }) => event.time),
      kept.map(({ event }) => JSON.stringify(event)),
    ],
  })
}

/** All kept events in the order in which they came, in batches. */
export async function* readRawEvents(tx: Queryable, batchMax = 1000): AsyncGenerator<CloudEvent[]> {
  for (let after = '0'; ;) {
    const { rows } = await tx.query<{ seq: string; event: CloudEvent }>('SELECT seq, event FROM raw_event WHERE seq > $1 ORDER BY seq LIMIT $2', [
      after,
      batchMax,
    ])
    if (rows.length === 0) return
    yield rows.map(({ event }) => event)
    after = rows.at(-1)!.seq
  }
}

/** The product's time of the newest event that was applied. */
export async function findNewestTime(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ occurred_at: Date }>('SELECT occurred_at FROM raw_event ORDER BY occurred_at DESC LIMIT 1')
  return rows[0]?.occurred_at
}
