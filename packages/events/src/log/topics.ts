import type { Pool } from 'pg'

/** Options of {@link createEmbeddedLog}. */
export interface EmbeddedLogOptions {
  /** A pool on the log's own database, migrated with `logMigrations`. Closed with the transport. */
  pool: Pool
  log: { warn(fields: object, message: string): void }
  /** How long an idle reader waits between two looks; default 100 ms. */
  pollMs?: number
  /** Messages older than this are removed; default 14 days, as on the broker. */
  retentionDays?: number
}

const ENDS = 'SELECT topic, partition, next_offset FROM log_partition WHERE topic = ANY($1) ORDER BY topic, partition'

/** The end of every partition of the topics. */
export async function readEnds(pool: Pool, topics: readonly string[]): Promise<{ topic: string; partition: number; next_offset: string }[]> {
  const { rows } = await pool.query<{ topic: string; partition: number; next_offset: string }>({ name: 'log-ends', text: ENDS, values: [topics] })
  return rows
}

/** Makes the partitions of topics that were never named before. */
export async function ensureTopics(pool: Pool, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await pool.query('SELECT log_ensure_topic($1)', [topic])
}
