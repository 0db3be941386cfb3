import pg from 'pg'
import type { Stack } from '../../scripts/supervisor/types.ts'

/** Where the books of a stack are, a running one's or some that a test has planted. */
export type Books = Pick<Stack, 'databaseUrls'>

const pools = new Map<string, pg.Pool>()

/** Two connections at most, given back when idle: those who poll do not make the server fork for every look. */
function poolOf(url: string): pg.Pool {
  const known = pools.get(url)
  if (known) return known
  const pool = new pg.Pool({ connectionString: url, max: 2, idleTimeoutMillis: 1000, allowExitOnIdle: true })
  // The server is restarted, or stopped at the end: the next query finds a new connection or says what is wrong.
  pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined))
  pools.set(url, pool)
  return pool
}

/** Rows of one statement on a service's database, through its own role. */
export async function query<R extends Record<string, unknown>>(stack: Books, database: string, sql: string, values: unknown[] = []): Promise<R[]> {
  return (await poolOf(stack.databaseUrls[database]!).query<R>(sql, values)).rows
}

/** Pairs of active claims of different bookings on one unit that overlap: promise 1 says there are none. */
export async function countOverlaps(stack: Books): Promise<number> {
  const [row] = await query<{ n: string }>(
    stack,
    'booking',
    `SELECT count(*) AS n FROM claim a JOIN claim b ON a.unit_id = b.unit_id AND a.booking_id < b.booking_id AND a.during && b.during WHERE a.active AND b.active`,
  )
  return Number(row?.n)
}
