import type { Pool } from 'pg'
import type { Transport } from './transport.ts'

const DAY_MS = 86_400_000

/** Removes inbox rows older than 30 days of real time (longer than any transport keeps events); returns how many. */
export async function removeExpiredInbox(pool: Pool, olderThanDays = 30): Promise<number> {
  const { rowCount } = await pool.query('DELETE FROM inbox WHERE event_id < $1', [uuidBefore(Date.now() - olderThanDays * DAY_MS)])
  return rowCount ?? 0
}

/** Forgets what became of dead letters settled more than 30 days of real time ago; returns how many. */
async function removeExpiredSettled(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(`DELETE FROM settled_dead_letter WHERE settled_at < clock_timestamp() - interval '30 days'`)
  return rowCount ?? 0
}

/** The smallest UUIDv7 of that millisecond: ids made before it are below it. */
function uuidBefore(atMs: number): string {
  const hex = atMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** The retention work of a service with events, as a sweep for `createJobs`: hourly, safe to repeat and to miss. */
export function retentionSweep(
  pool: Pool,
  transport: Transport,
  forgetSources: () => Promise<unknown>,
): { name: string; everySeconds: number; timeLimitSeconds: number; run: () => Promise<void> } {
  return {
    name: 'remove-expired-events',
    everySeconds: 3600,
    timeLimitSeconds: 300,
    async run() {
      await removeExpiredInbox(pool)
      await removeExpiredSettled(pool)
      await forgetSources()
      await transport.removeExpired()
    },
  }
}
