import type { Transport } from '../transport.ts'
import { createBroadcastReader } from './broadcast.ts'
import { createSubscription } from './subscription.ts'
import { ensureTopics, type EmbeddedLogOptions } from './topics.ts'

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
