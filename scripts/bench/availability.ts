import { Agent } from 'undici'
import pg from 'pg'
import type { Stack } from '../supervisor/types.ts'
import { callJson, type Fixtures } from './fixtures.ts'
import { runLoad, type LoadResult } from './load.ts'

const perUnitAndDay = 4

// Four bookings of 90 minutes a day on every unit, in the middle of the range the day that is asked for. The constraint is
// checked row by row here as for any booking. What is over is completed, or a sweep would be busy with it meanwhile.
const FILL = `
WITH slot AS (
  SELECT u.unit_id, u.space_id, $4::timestamptz + make_interval(days => d, hours => 8 + 2 * n) AS starts_at
  FROM unnest($1::uuid[], $2::uuid[]) AS u (unit_id, space_id), generate_series($5::int, $6::int - 1) AS d, generate_series(0, ${perUnitAndDay - 1}) AS n
), made AS (
  INSERT INTO booking (id, reference, user_id, space_id, unit_id, location_id, kind, space_name, unit_name, location_name, time_zone, starts_at, ends_at, status, version, currency, net_minor, tax_minor, total_minor, created_at, updated_at)
  SELECT gen_random_uuid(), 'FILL-' || gen_random_uuid(), gen_random_uuid(), space_id, unit_id, $3, 'room', 'Room', 'Room', 'Bench', 'Europe/Berlin', starts_at, starts_at + interval '90 minutes',
    CASE WHEN starts_at < $7 THEN 'completed' ELSE 'confirmed' END, 2, 'EUR', 0, 0, 0, $4, $4
  FROM slot RETURNING id, unit_id, location_id, starts_at, ends_at)
INSERT INTO claim (unit_id, during, location_id, booking_id, starts_at, ends_at)
SELECT unit_id, tstzrange(starts_at, ends_at), location_id, id, starts_at, ends_at FROM made`

/** Writes out what a fill left in memory, so that it is not written beneath the measurement. */
async function settle(stack: Stack): Promise<void> {
  const client = new pg.Client({ connectionString: stack.databaseUrls.postgres })
  await client.connect()
  await client.query('CHECKPOINT').finally(() => client.end())
}

/** Fills the booking database until every unit has `perUnitAndDay` bookings on each of `days` days around `day`. */
async function fill(stack: Stack, fixtures: Fixtures, range: { day: Date; fromDay: number; toDay: number }): Promise<void> {
  const client = new pg.Client({ connectionString: stack.databaseUrls.booking })
  await client.connect()
  try {
    const units = fixtures.spaces.map(({ unitId }) => unitId)
    const spaces = fixtures.spaces.map(({ id }) => id)
    for (let day = range.fromDay; day < range.toDay; day += 20) {
      await client.query(FILL, [units, spaces, fixtures.locationId, range.day, day, Math.min(day + 20, range.toDay), new Date()])
    }
    await client.query('VACUUM ANALYZE')
  } finally {
    await client.end()
  }
}

export interface AvailabilityResult {
  readonly bookings: number
  readonly one: LoadResult
  readonly eight: LoadResult
}

/** Availability of a whole location for one day, asked of the booking service with 1 and with 8 clients, at two sizes of history. */
export async function benchAvailability(
  stack: Stack,
  fixtures: Fixtures,
  options: { sizes: readonly number[]; seconds: number; onProgress: (line: string) => void },
): Promise<AvailabilityResult[]> {
  const agent = new Agent({ connections: 16 })
  const dayMs = 86_400_000
  const day = new Date(Math.floor(Date.now() / dayMs) * dayMs + 20 * dayMs)
  const to = new Date(day.getTime() + dayMs)
  const url = `${stack.urls.booking}/v1/availability?from=${day.toISOString()}&to=${to.toISOString()}&locationId=${fixtures.locationId}`
  const ask = async (client: number): Promise<void> => {
    const answer = await callJson<{ items: unknown[] }>(agent, url, { token: fixtures.tokens[client] })
    if (answer.status !== 200 || answer.body.items.length !== fixtures.spaces.length)
      throw new Error(`availability answered ${answer.status} with ${answer.body.items?.length} items`)
  }
  const results: AvailabilityResult[] = []
  let half = 0
  for (const bookings of options.sizes) {
    const days = Math.round(bookings / fixtures.spaces.length / perUnitAndDay / 2)
    options.onProgress(`filling the booking database to ${bookings.toLocaleString('en')} bookings`)
    await fill(stack, fixtures, { day, fromDay: -days, toDay: -half })
    await fill(stack, fixtures, { day, fromDay: half, toDay: days })
    await settle(stack)
    half = days
    const one = await runLoad({ clients: 1, seconds: options.seconds }, ask)
    const eight = await runLoad({ clients: 8, seconds: options.seconds }, ask)
    results.push({ bookings, one, eight })
  }
  await agent.close()
  return results
}
