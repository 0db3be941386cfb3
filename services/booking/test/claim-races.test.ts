import { createTestDatabase, type TestDatabase } from '@alcove/testing'
import { newId } from '@alcove/kit'
import { createPool } from '@alcove/database'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { act, at, buildClaim, by, countOverlaps, createClaimer, now } from './claim-builders.ts'

let database: TestDatabase
let pool: Pool
let claimer: ReturnType<typeof createClaimer>
beforeAll(async () => {
  database = await createTestDatabase('booking')
  // As many connections as racers: none waits for another in the pool, all meet in the database.
  pool = createPool({ url: database.url, max: 50, statementTimeoutMs: 30_000 })
  claimer = createClaimer(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const count = (outcomes: string[], what: string) => outcomes.filter((outcome) => outcome === what).length
const race = <T>(racers: number, run: (racer: number) => Promise<T>) => Promise.all(Array.from({ length: racers }, (_, racer) => run(racer)))
async function countDeadlocks() {
  const { rows } = await pool.query<{ deadlocks: string }>('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
  return Number(rows[0]!.deadlocks)
}

describe('claims of one unit', () => {
  test('50 racers for overlapping intervals, 40 rounds: exactly one wins each, nobody deadlocks', async () => {
    for (let round = 0; round < 40; round++) {
      const unit = newId()
      const outcomes = await race(50, (racer) =>
        claimer.tryClaim(
          buildClaim({
            units: [unit],
            // All overlap 09:30 to 09:31, no two are equal.
            startsAt: at(`2026-01-05T09:${String(racer % 30).padStart(2, '0')}:00Z`).toISOString(),
            endsAt: at(`2026-01-05T09:${String(31 + (racer % 29)).padStart(2, '0')}:00Z`).toISOString(),
            status: racer % 3 === 0 ? 'held' : racer % 3 === 1 ? 'pending_payment' : 'confirmed',
          }),
        ),
      )
      expect(count(outcomes, 'claimed')).toBe(1)
      expect(count(outcomes, 'slot-conflict')).toBe(49)
    }
    expect(await countOverlaps(pool)).toBe(0)
    expect(await countDeadlocks()).toBe(0)
  })

  test('intervals that only touch all win', async () => {
    const unit = newId()
    const outcomes = await race(24, (hour) =>
      claimer.tryClaim(
        buildClaim({
          units: [unit],
          startsAt: new Date(Date.UTC(2026, 0, 6, hour)).toISOString(),
          endsAt: new Date(Date.UTC(2026, 0, 6, hour + 1)).toISOString(),
        }),
      ),
    )
    expect(count(outcomes, 'claimed')).toBe(24)
  })

  test('buffers widen the claim: the gap is after plus before', async () => {
    const unit = newId()
    const buffered = (startsAt: string, endsAt: string) => claimer.tryClaim(buildClaim({ units: [unit], startsAt, endsAt, bufferBefore: 10, bufferAfter: 5 }))
    expect(await buffered('2026-01-05T09:00:00Z', '2026-01-05T10:00:00Z')).toBe('claimed')
    expect(await buffered('2026-01-05T10:14:00Z', '2026-01-05T11:00:00Z')).toBe('slot-conflict')
    expect(await buffered('2026-01-05T10:15:00Z', '2026-01-05T11:00:00Z')).toBe('claimed')
  })
})

describe('pools of units', () => {
  test('as many racers win as there are units, and none fails while a unit is free', async () => {
    for (let round = 0; round < 10; round++) {
      const units = Array.from({ length: 10 }, () => newId())
      const outcomes = await race(30, () => claimer.tryClaim(buildClaim({ units })))
      expect(count(outcomes, 'claimed')).toBe(10)
      expect(count(outcomes, 'slot-conflict')).toBe(20)
    }
    expect(await countOverlaps(pool)).toBe(0)
    expect(await countDeadlocks()).toBe(0)
  })

  test('the unit is picked whose neighbours leave the smallest gap', async () => {
    const [empty, roomy, snug] = [newId(), newId(), newId()]
    const book = (units: string[], startsAt: string, endsAt: string) => claimer.store.claim(buildClaim({ units, startsAt, endsAt }), act)
    await book([roomy], '2026-01-05T06:00:00Z', '2026-01-05T07:00:00Z')
    await book([snug], '2026-01-05T08:00:00Z', '2026-01-05T09:00:00Z')
    const claimed = await book([empty, roomy, snug], '2026-01-05T09:00:00Z', '2026-01-05T10:00:00Z')
    expect(claimed.outcome === 'claimed' && claimed.booking.unitId).toBe(snug)
  })
})

describe('changes', () => {
  test('40 bookings racing to move to one slot: one gets it, the others keep what they had', async () => {
    const [unit, spaceId, locationId] = [newId(), newId(), newId()]
    const bookings = await race(40, async (index) => {
      const claimed = await claimer.store.claim(
        buildClaim({
          units: [unit],
          spaceId,
          locationId,
          startsAt: new Date(Date.UTC(2026, 1, 1 + index, 9)).toISOString(),
          endsAt: new Date(Date.UTC(2026, 1, 1 + index, 10)).toISOString(),
        }),
        act,
      )
      if (claimed.outcome !== 'claimed') throw new Error('not claimed')
      return claimed.booking
    })
    const outcomes = await race(40, async (index) => {
      const { id, userId, version } = bookings[index]!
      const target = { space_id: spaceId, location_id: locationId, starts_at: '2026-04-01T09:00:00Z', ends_at: '2026-04-01T10:00:00Z' }
      return claimer.store
        .startChange({ bookingId: id, userId, version, target, units: [unit], unitNames: { [unit]: 'Desk' }, revision: 1, changeId: newId() }, act)
        .then(
          ({ outcome }) => outcome as string,
          (error: Error) => error.message,
        )
    })
    expect(count(outcomes, 'changed')).toBe(1)
    expect(count(outcomes, 'slot-conflict')).toBe(39)
    const { rows } = await pool.query<{ n: number }>('SELECT count(*)::integer AS n FROM claim WHERE unit_id = $1 AND active', [unit])
    expect(rows[0]!.n).toBe(40)
    expect(await countOverlaps(pool)).toBe(0)
    expect(await countDeadlocks()).toBe(0)
  })

  test('two bookings that swap places at once: both cannot, and neither loses its own', async () => {
    for (let round = 0; round < 20; round++) {
      const [unit, spaceId, locationId] = [newId(), newId(), newId()]
      const slots = [9, 10].map((hour) => ({
        startsAt: new Date(Date.UTC(2026, 2, 1, hour)).toISOString(),
        endsAt: new Date(Date.UTC(2026, 2, 1, hour + 1)).toISOString(),
      }))
      const made = await Promise.all(slots.map((slot) => claimer.store.claim(buildClaim({ units: [unit], spaceId, locationId, ...slot }), act)))
      await Promise.allSettled(
        made.map((claimed, index) => {
          if (claimed.outcome !== 'claimed') throw new Error('not claimed')
          const other = slots[1 - index]!
          const target = { space_id: spaceId, location_id: locationId, starts_at: other.startsAt, ends_at: other.endsAt }
          const { id, userId, version } = claimed.booking
          return claimer.store.startChange({ bookingId: id, userId, version, target, units: [unit], unitNames: {}, revision: 1, changeId: newId() }, act)
        }),
      )
      const { rows } = await pool.query<{ n: number }>('SELECT count(DISTINCT booking_id)::integer AS n FROM claim WHERE unit_id = $1 AND active', [unit])
      expect(rows[0]!.n).toBe(2)
    }
    expect(await countOverlaps(pool)).toBe(0)
  })
})

describe('holds', () => {
  test('an overdue hold blocks nobody, though no sweep has run; 50 racers, one wins', async () => {
    for (let round = 0; round < 10; round++) {
      const unit = newId()
      expect(await claimer.tryClaim(buildClaim({ units: [unit], status: round % 2 ? 'held' : 'pending_payment' }))).toBe('claimed')
      const later = { now: at('2026-01-04T09:10:00Z'), by }
      const outcomes = await race(50, () => claimer.tryClaim(buildClaim({ units: [unit], now: later.now }), later))
      expect(count(outcomes, 'claimed')).toBe(1)
      expect(count(outcomes, 'slot-conflict')).toBe(49)
    }
    expect(await countDeadlocks()).toBe(0)
  })

  test('a person who asks for 20 holds at once gets three', async () => {
    const userId = newId()
    const outcomes = await race(20, () => claimer.tryClaim(buildClaim({ userId, status: 'held' })))
    expect(count(outcomes, 'claimed')).toBe(3)
    expect(count(outcomes, 'hold-limit')).toBe(17)
  })

  test('two people who expire each other’s overdue holds do not deadlock', async () => {
    const people = [newId(), newId()]
    const units = [newId(), newId()]
    for (let round = 0; round < 20; round++) {
      const early = { now: new Date(now.getTime() + round * 3_600_000), by }
      await Promise.all(
        people.map((userId, index) => claimer.store.claim(buildClaim({ userId, units: [units[index]!], status: 'held', now: early.now }), early)),
      )
      const late = { now: new Date(early.now.getTime() + 700_000), by }
      const outcomes = await race(2, (index) =>
        claimer.tryClaim(buildClaim({ userId: people[index]!, units: [units[1 - index]!], status: 'held', now: late.now }), late),
      )
      expect(outcomes).toEqual(['claimed', 'claimed'])
    }
    expect(await countDeadlocks()).toBe(0)
    const { rows } = await pool.query<{ used: number }>('SELECT used FROM counter WHERE key = ANY ($1)', [people.map((id) => `holds:${id}`)])
    expect(rows.map(({ used }) => used)).toEqual([1, 1])
  })
})

describe('idempotency keys', () => {
  test('20 claims with one key at once make one booking, and all learn its id', async () => {
    const principal = newId()
    const unit = newId()
    const key = { principal, method: 'POST' as const, path: '/v1/bookings', key: 'k1', bodyHash: 'h1' }
    const answers = await race(20, () => claimer.store.claim({ ...buildClaim({ userId: principal, units: [unit] }), key }, act))
    const claimed = answers.filter((answer) => answer.outcome === 'claimed')
    expect(claimed).toHaveLength(1)
    const ids = new Set(answers.map((answer) => (answer.outcome === 'claimed' ? answer.booking.id : answer.bookingId)))
    expect(ids.size).toBe(1)
  })

  test('a refused claim leaves its key free; another body is refused; another person’s key is another key', async () => {
    const [principal, unit] = [newId(), newId()]
    const key = { principal, method: 'POST' as const, path: '/v1/bookings', key: 'k2', bodyHash: 'h1' }
    await claimer.store.claim(buildClaim({ units: [unit] }), act)
    expect(await claimer.tryClaim({ ...buildClaim({ units: [unit] }), key })).toBe('slot-conflict')
    expect(await claimer.tryClaim({ ...buildClaim(), key })).toBe('claimed')
    expect(await claimer.tryClaim({ ...buildClaim(), key })).toBe('repeat')
    expect(await claimer.tryClaim({ ...buildClaim(), key: { ...key, bodyHash: 'h2' } })).toBe('idempotency-key-reused')
    expect(await claimer.tryClaim({ ...buildClaim(), key: { ...key, principal: newId() } })).toBe('claimed')
    expect(await claimer.tryClaim({ ...buildClaim(), key }, { now: at('2026-01-05T09:00:00Z'), by })).toBe('claimed')
  })
})
