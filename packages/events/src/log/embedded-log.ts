import type { Pool } from 'pg'
import type { Transport } from '../transport.ts'
import { createBroadcastReader } from './broadcast.ts'
import { createSubscription } from './subscription.ts'

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

const LATEST = 'SELECT topic, partition, next_offset FROM log_partition WHERE topic = ANY($1) ORDER BY topic, partition'

/** The end of every partition of the topics, making topics that are new. */
export async function readEnds(pool: Pool, topics: readonly string[]): Promise<{ topic: string; partition: number; next_offset: string }[]> {
  const { rows } = await pool.query<{ topic: string; partition: number; next_offset: string }>({ name: 'log-ends', text: LATEST, values: [topics] })
  return rows
}

/** Makes the partitions of topics that were never named before. */
export async function ensureTopics(pool: Pool, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await pool.query('SELECT log_ensure_topic($1)', [topic])
}

/**
 * The transport of one machine: an append-only log in PostgreSQL with topics, per-key order, consumer groups with
 * stored positions, at least once. Guarantees and their reasons stand in its migration.
 */
export function createEmbeddedLog(options: EmbeddedLogOptions): Transport {
  const { pool } = options
  const known = new Set<string>()
  const ensure = async (topics: readonly string[]) => {
    const missing = topics.filter((topic) => !known.has(topic))
    await ensureTopics(pool, missing)
    for (const topic of missing) known.add(topic)
  }
  return {
    async publish(topic, messages) {
      if (messages.length === 0) return
      await ensure([topic])
      await pool.query({
        name: 'log-append',
        text: 'SELECT log_append($1, $2, $3)',
        values: [topic, messages.map(({ key }) => key), messages.map(({ value }) => value)],
      })
    },
    async subscribe(subscribe) {
      return createSubscription({ ...options, ensure, subscribe })
    },
    async broadcast(broadcast) {
      await ensure(broadcast.topics)
      return createBroadcastReader({ ...options, ...broadcast })
    },
    async check() {
      await pool.query('SELECT 1')
    },
    async removeExpired() {
      const { rows } = await pool.query<{ topic: string; partition: number }>('SELECT topic, partition FROM log_partition')
      let removed = 0
      for (const { topic, partition } of rows) {
        // Offset order is time order, so all below the first young record is old.
        const result = await pool.query(
          `DELETE FROM log_record WHERE topic = $1 AND partition = $2 AND log_offset < COALESCE(
             (SELECT min(log_offset) FROM log_record WHERE topic = $1 AND partition = $2 AND appended_at >= clock_timestamp() - make_interval(days => $3)),
             (SELECT next_offset FROM log_partition WHERE topic = $1 AND partition = $2))`,
          [topic, partition, options.retentionDays ?? 14],
        )
        removed += result.rowCount ?? 0
      }
      return removed
    },
    async close() {
      await pool.end()
    },
  }
}
