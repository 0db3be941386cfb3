import pg from 'pg'
import type { Stack } from '../../scripts/supervisor/types.ts'

/** Rows of one statement on a service's database, through its own role. */
export async function query<R extends Record<string, unknown>>(stack: Stack, database: string, sql: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: stack.databaseUrls[database] })
  await client.connect()
  try {
    return (await client.query<R>(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** Pairs of active claims of different bookings on one unit that overlap: promise 1 says there are none. */
export async function countOverlaps(stack: Stack): Promise<number> {
  const [row] = await query<{ n: string }>(
    stack,
    'booking',
    `SELECT count(*) AS n FROM claim a JOIN claim b ON a.unit_id = b.unit_id AND a.booking_id < b.booking_id AND a.during && b.during WHERE a.active AND b.active`,
  )
  return Number(row?.n)
}
