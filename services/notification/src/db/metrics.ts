import { readFigure, type Registry } from '@alcove/kit'
import type { Pool } from 'pg'
import { Counter, Gauge } from 'prom-client'

/** Counts finished messages, and shows how long the oldest owed one has been waiting: the figure to alert on. */
export function registerMessageMetrics(registry: Registry, pool: Pool): (kind: string, outcome: string) => void {
  const finished = new Counter({
    name: 'alcove_messages_finished_total',
    help: 'Messages by kind that were sent, dropped or given up',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  })
  new Gauge({
    name: 'alcove_message_oldest_owed_seconds',
    help: 'Real age of the oldest message that is still owed, 0 when there is none',
    registers: [registry],
    async collect() {
      this.set(await readFigure(() => readOldestSeconds(pool)))
    },
  })
  return (kind, outcome) => finished.inc({ kind, outcome })
}

/** From the time inside the UUIDv7: `created_at` follows the product's clock. */
async function readOldestSeconds(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ age: number | null }>(
    `SELECT extract(epoch FROM clock_timestamp() - min(uuid_extract_timestamp(id)))::float8 AS age FROM message WHERE state = 'owed'`,
  )
  return Math.max(0, rows[0]?.age ?? 0)
}
