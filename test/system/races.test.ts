import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { countOverlaps, query } from './databases.ts'
import { card, hourAt, makePlace, slot } from './places.ts'

let api: Api
let operator: Session
let members: Session[]

beforeAll(async () => {
  const stack = await startStack({
    demo: 'accounts',
    replicas: { booking: 3 },
    env: { RATE_LIMITS: 'off' },
  })
  api = connect(stack)
  operator = await api.login('operator')
  members = []
  for (const name of ['member', 'member2', 'member3', 'member4', 'member5']) members.push(await api.login(name))
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const memberAt = (index: number): Session => members[index % members.length] as Session
const half = (hours: number): string => new Date(Date.parse(hourAt(0)) + hours * 3_600_000).toISOString().replace('.000Z', 'Z')

/** Counts answers by status. */
function tally(answers: readonly { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const answer of answers) counts[answer.status] = (counts[answer.status] ?? 0) + 1
  return counts
}

async function countDeadlocks(): Promise<number> {
  const [row] = await query<{ deadlocks: string }>(api.stack, 'booking', 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
  return Number(row?.deadlocks)
}

describe('three replicas, 50 clients', () => {
  it('exactly one of 50 overlapping bookings wins, 200 rounds', async () => {
    const place = await makePlace(operator, { hourMinor: 0 })
    const deadlocksBefore = await countDeadlocks()
    for (let round = 0; round < 200; round++) {
      // Every interval holds the round's middle hour, so any two of them overlap.
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, client) =>
          memberAt(client).call('POST', '/api/v1/bookings', {
            spaceId: place.spaceId,
            startsAt: half(round * 4 + (client % 4) * 0.5),
            endsAt: half(round * 4 + 2.5 + (client % 3) * 0.5),
          }),
        ),
      )
      expect(tally(answers), `round ${round}`).toEqual({ 201: 1, 409: 49 })
    }
    expect(await countOverlaps(api.stack)).toBe(0)
    expect(await countDeadlocks()).toBe(deadlocksBefore)
  }, 600_000)

  it('a pool of five units takes five of 50 and no more, whatever units they ask for', async () => {
    const place = await makePlace(operator, { hourMinor: 0, units: 5 })
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, client) => memberAt(client).call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(round * 2, 2) })),
      )
      expect(tally(answers), `round ${round}`).toEqual({ 201: 5, 409: 45 })
    }
    expect(await countOverlaps(api.stack)).toBe(0)
  }, 300_000)

  it('holds race bookings and one of them all wins', async () => {
    const place = await makePlace(operator, { hourMinor: 0 })
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, client) => {
          const path = client % 2 ? '/api/v1/holds' : '/api/v1/bookings'
          const answer = await memberAt(client).call<{ id: string }>('POST', path, { spaceId: place.spaceId, ...slot(round) })
          return { ...answer, path, client }
        }),
      )
      // A person at the limit of three holds is told so; nobody else may be.
      const counts = tally(answers)
      expect(counts[201], `round ${round}: ${JSON.stringify(counts)}`).toBe(1)
      expect((counts[201] ?? 0) + (counts[409] ?? 0) + (counts[429] ?? 0)).toBe(50)
      const winner = answers.find((answer) => answer.status === 201)
      if (winner?.path === '/api/v1/holds') {
        const released = await memberAt(winner.client).call('DELETE', `/api/v1/holds/${winner.body.id}`)
        expect(released.status).toBe(204)
      }
    }
    expect(await countOverlaps(api.stack)).toBe(0)
  }, 300_000)

  it('changes race to one free slot and one wins; the others stay as they were', async () => {
    const place = await makePlace(operator, { hourMinor: 0 })
    for (let round = 0; round < 10; round++) {
      const base = round * 24
      const bookings = await Promise.all(
        Array.from({ length: 10 }, async (_, client) => {
          const booked = (await memberAt(client).call('POST', '/api/v1/bookings', {
            spaceId: place.spaceId,
            ...slot(base + client),
          })) as unknown as BookingAnswer
          expect(booked.status).toBe(201)
          return booked.body
        }),
      )
      const answers = await Promise.all(
        bookings.map((booking, client) =>
          memberAt(client).call('PATCH', `/api/v1/bookings/${booking.id}`, slot(base + 20), { 'if-match': `"${booking.version}"` }),
        ),
      )
      expect(tally(answers), `round ${round}`).toEqual({ 200: 1, 409: 9 })
      for (const [index, booking] of bookings.entries()) {
        const now = (await memberAt(index).call('GET', `/api/v1/bookings/${booking.id}`)) as unknown as BookingAnswer
        const moved = answers[index]?.status === 200
        expect(now.body).toMatchObject(moved ? slot(base + 20) : { startsAt: booking.startsAt, version: booking.version })
      }
    }
    expect(await countOverlaps(api.stack)).toBe(0)
  }, 300_000)

  it('two changes of one booking from one version: one wins, the other is stale or meanwhile', async () => {
    const place = await makePlace(operator, { hourMinor: 0 })
    const booked = (await memberAt(0).call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(0) })) as unknown as BookingAnswer
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        memberAt(0).call('PATCH', `/api/v1/bookings/${booked.body.id}`, slot(2 + index), { 'if-match': `"${booked.body.version}"` }),
      ),
    )
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    expect(answers.every((answer) => [200, 409, 412].includes(answer.status))).toBe(true)
    const [row] = await query<{ n: string }>(api.stack, 'booking', 'SELECT count(*) AS n FROM claim WHERE booking_id = $1 AND active', [booked.body.id])
    expect(Number(row?.n)).toBe(1)
  })
})

describe('the same Idempotency-Key', () => {
  it('sent 10 times at once gives one booking, and later repeats give it as it is', async () => {
    const place = await makePlace(operator)
    const body = { spaceId: place.spaceId, ...slot(0), payment: card() }
    const key = { 'idempotency-key': crypto.randomUUID() }
    const answers = (await Promise.all(Array.from({ length: 10 }, () => memberAt(0).call('POST', '/api/v1/bookings', body, key)))) as unknown as BookingAnswer[]
    const ids = new Set(answers.filter((answer) => answer.status < 300).map((answer) => answer.body.id))
    expect(ids.size).toBe(1)
    for (const answer of answers) {
      if (answer.status < 300) continue
      expect(answer).toMatchObject({ status: 409, body: { type: '/problems/idempotency-in-progress' } })
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    }
    const [id] = ids
    const repeated = (await memberAt(0).call('POST', '/api/v1/bookings', body, key)) as unknown as BookingAnswer
    expect(repeated).toMatchObject({ status: 201, body: { id, status: 'confirmed' } })
    expect((await memberAt(0).call('POST', '/api/v1/bookings', { ...body, title: 'Another' }, key)).body).toMatchObject({
      type: '/problems/idempotency-key-reused',
      status: 422,
    })
    await memberAt(0).call('POST', `/api/v1/bookings/${id}/cancel`, {})
    expect(await memberAt(0).call('POST', '/api/v1/bookings', body, key)).toMatchObject({ status: 201, body: { id, status: 'cancelled' } })

    const other = (await memberAt(1).call('POST', '/api/v1/bookings', body, key)) as unknown as BookingAnswer
    expect(other.status).toBe(201)
    expect(other.body.id).not.toBe(id)
    const payments = await eventually('one payment for it', async () => {
      const rows = await query<{ n: string }>(api.stack, 'payment', 'SELECT count(*) AS n FROM payment WHERE booking_id = $1', [id])
      return Number(rows[0]?.n) === 1
    })
    expect(payments).toBe(true)
  })
})
