import { createTestDatabase, type TestDatabase } from '@alcove/testing'
import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { act, buildClaim, createClaimer } from './claim-builders.ts'

let database: TestDatabase
const unit = newId()
const bookings: string[] = []
beforeAll(async () => {
  database = await createTestDatabase('booking')
  const { store } = createClaimer(database.pool)
  for (let i = 0; i < 2; i++) {
    const claimed = await store.claim(buildClaim({ startsAt: `2026-02-0${i + 1}T09:00:00Z`, endsAt: `2026-02-0${i + 1}T10:00:00Z` }), act)
    if (claimed.outcome === 'claimed') bookings.push(claimed.booking.id)
  }
})
afterAll(() => database.drop())

const insert = (during: string | null, booking: string | undefined = bookings[0], values: { unit?: string | null; active?: boolean | null } = {}) =>
  database.pool.query(
    `INSERT INTO claim (unit_id, during, location_id, booking_id, active, starts_at, ends_at)
     VALUES ($1, $2::tstzrange, uuidv7(), $3, $4, '2026-01-05T09:00:00Z', '2026-01-05T10:00:00Z')`,
    [values.unit === undefined ? unit : values.unit, during, booking, values.active === undefined ? true : values.active],
  )
const codeOf = (query: Promise<unknown>) =>
  query.then(
    () => 'written',
    (error: { code: string }) => error.code,
  )
const [notNull, check, exclusion, foreignKey] = ['23502', '23514', '23P01', '23503']

describe('SQL written around the application', () => {
  test('an overlap of two bookings on one unit is refused, even by a moment', async () => {
    await insert('[2026-01-05T09:00:00Z,2026-01-05T10:00:00Z)')
    expect(await codeOf(insert('[2026-01-05T09:59:59.999Z,2026-01-05T11:00:00Z)', bookings[1]))).toBe(exclusion)
    expect(await codeOf(insert('[2026-01-05T08:00:00Z,2026-01-05T11:00:00Z)', bookings[1]))).toBe(exclusion)
    expect(await codeOf(insert('[2026-01-05T10:00:00Z,2026-01-05T11:00:00Z)', bookings[1]))).toBe('written')
  })

  test('moving an existing claim into another, or waking an inactive one there, is refused', async () => {
    await insert('[2026-01-06T09:00:00Z,2026-01-06T10:00:00Z)', bookings[0])
    await insert('[2026-01-06T11:00:00Z,2026-01-06T12:00:00Z)', bookings[1])
    await insert('[2026-01-06T09:30:00Z,2026-01-06T10:00:00Z)', bookings[1], { active: false })
    const move =
      "UPDATE claim SET during = '[2026-01-06T09:30:00Z,2026-01-06T12:00:00Z)' WHERE booking_id = $1 AND active AND lower(during) = '2026-01-06T11:00:00Z'"
    expect(await codeOf(database.pool.query(move, [bookings[1]]))).toBe(exclusion)
    expect(await codeOf(database.pool.query('UPDATE claim SET active = true WHERE NOT active'))).toBe(exclusion)
  })

  test('nothing that would never conflict gets in: NULL, empty and unbounded', async () => {
    expect(await codeOf(insert(null))).toBe(notNull)
    expect(await codeOf(insert('empty'))).not.toBe('written')
    expect(await codeOf(insert('[2026-01-07T09:00:00Z,2026-01-07T09:00:00Z)'))).not.toBe('written')
    expect(await codeOf(insert('[2026-01-07T09:00:00Z,)'))).not.toBe('written')
    expect(await codeOf(insert('(,2026-01-07T09:00:00Z)'))).not.toBe('written')
    expect(await codeOf(insert('[2026-01-07T09:00:00Z,infinity)'))).toBe(check)
    expect(await codeOf(insert('[-infinity,2026-01-07T09:00:00Z)'))).toBe(check)
    expect(await codeOf(insert('[2026-01-07T09:00:00Z,2026-01-07T10:00:00Z)', bookings[0], { unit: null }))).toBe(notNull)
    expect(await codeOf(insert('[2026-01-07T09:00:00Z,2026-01-07T10:00:00Z)', bookings[0], { active: null }))).toBe(notNull)
  })

  test('no claim without a booking', async () => {
    expect(await codeOf(insert('[2026-01-08T09:00:00Z,2026-01-08T10:00:00Z)', newId()))).toBe(foreignKey)
  })
})
