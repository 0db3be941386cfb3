import { newId } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => {
  h.clock.set(monday)
  h.fakes.payment.behave('authorize')
})
afterAll(() => h.close())

const counter = async (userId: string) => (await h.pool.query<{ used: number }>('SELECT used FROM counter WHERE key = $1', [`holds:${userId}`])).rows[0]?.used

describe('POST /v1/holds', () => {
  test('201: keeps the slot from others for ten minutes; it is no booking anybody can see, and no event tells of it', async () => {
    const space = h.fakes.addSpace()
    const { send } = await h.as()
    const { status, body, headers } = await send('POST', '/v1/holds', { body: buildRequest(space) })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: body.id,
      spaceId: space.id,
      unitId: space.units[0],
      startsAt: '2026-01-05T10:00:00Z',
      endsAt: '2026-01-05T11:00:00Z',
      expiresAt: '2026-01-05T08:10:00Z',
    })
    expect(headers.location).toBe(`/v1/holds/${body.id}`)
    const other = await h.as()
    expect((await other.send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(409)
    expect((await send('GET', `/v1/bookings/${body.id}`)).status).toBe(404)
    expect((await send('GET', '/v1/bookings')).body.items).toEqual([])
    expect(await h.events(body.id)).toEqual([])
    h.clock.advance({ minutes: 10 })
    expect((await other.send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(201)
    expect(await h.events(body.id)).toEqual([])
  })

  test('429: the fourth; a released, used or overdue one makes room', async () => {
    const { send, userId } = await h.as()
    const hold = () => send('POST', '/v1/holds', { body: buildRequest(h.fakes.addSpace()) })
    const [first, second] = [await hold(), await hold(), await hold()]
    expect(await hold()).toMatchObject({ status: 429, body: { type: '/problems/hold-limit' } })
    expect((await send('DELETE', `/v1/holds/${first!.body.id}`)).status).toBe(204)
    expect((await send('DELETE', `/v1/holds/${first!.body.id}`)).status).toBe(404)
    expect((await hold()).status).toBe(201)
    const { spaceId, startsAt, endsAt } = second!.body
    expect((await send('POST', '/v1/bookings', { body: { spaceId, startsAt, endsAt, holdId: second!.body.id } })).status).toBe(201)
    expect((await hold()).status).toBe(201)
    expect(await counter(userId)).toBe(3)
    h.clock.advance({ minutes: 10 })
    expect((await hold()).status).toBe(201)
    expect(await counter(userId)).toBe(1)
  })

  test('201: the same key gives the same hold', async () => {
    const { send } = await h.as()
    const body = buildRequest(h.fakes.addSpace())
    const headers = { 'idempotency-key': 'hold' }
    const [first, again] = [await send('POST', '/v1/holds', { body, headers }), await send('POST', '/v1/holds', { body, headers })]
    expect(again).toMatchObject({ status: 201, body: first!.body })
    expect((await send('POST', '/v1/holds', { body: { ...body, endsAt: '2026-01-05T12:00:00Z' }, headers })).body.type).toBe('/problems/idempotency-key-reused')
  })
})

describe('a booking from a hold', () => {
  test('keeps the hold’s id, unit and claim, and counts its versions from 1', async () => {
    const space = h.fakes.addSpace({ hourMinor: 900 })
    const { send, userId } = await h.as()
    const hold = await send('POST', '/v1/holds', { body: buildRequest(space) })
    const { status, body } = await send('POST', '/v1/bookings', { body: buildRequest(space, { ...card, holdId: hold.body.id }) })
    expect(status).toBe(201)
    expect(body).toMatchObject({ id: hold.body.id, unitId: hold.body.unitId, version: 2, status: 'confirmed' })
    expect((await h.events(body.id)).map(({ data }) => data.version)).toEqual([1, 2])
    expect(await counter(userId)).toBe(0)
  })

  test('404 another’s or unknown, 422 another time or space or unit, 409 overdue or used', async () => {
    const space = h.fakes.addSpace({ units: [newId(), newId()] })
    const owner = await h.as()
    const hold = await owner.send('POST', '/v1/holds', { body: buildRequest(space) })
    const book = (who: typeof owner, wish: object) => who.send('POST', '/v1/bookings', { body: buildRequest(space, { holdId: hold.body.id, ...wish }) })
    expect((await book(await h.as(), {})).status).toBe(404)
    expect((await book(owner, { holdId: newId() })).status).toBe(404)
    for (const wish of [
      { endsAt: '2026-01-05T12:00:00Z' },
      { spaceId: h.fakes.addSpace().id },
      { unitId: space.units.find((id) => id !== hold.body.unitId) },
    ]) {
      expect(await book(owner, wish)).toMatchObject({ status: 422, body: { errors: [{ code: 'interval-invalid' }] } })
    }
    h.clock.advance({ minutes: 10 })
    expect(await book(owner, {})).toMatchObject({ status: 409, body: { type: '/problems/hold-expired' } })
    await h.sweep()
    expect(await book(owner, {})).toMatchObject({ status: 409, body: { type: '/problems/hold-expired' } })
    h.clock.set(monday)
    const used = await owner.send('POST', '/v1/holds', { body: buildRequest(space, { startsAt: '2026-01-05T13:00:00Z', endsAt: '2026-01-05T14:00:00Z' }) })
    const wish = { holdId: used.body.id, startsAt: '2026-01-05T13:00:00Z', endsAt: '2026-01-05T14:00:00Z' }
    expect((await book(owner, wish)).status).toBe(201)
    expect(await book(owner, wish)).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } })
  })

  test('402 and 503 leave it held until its old expiry, and the request is forgotten', async () => {
    const space = h.fakes.addSpace({ hourMinor: 900 })
    const { send, userId } = await h.as()
    const hold = await send('POST', '/v1/holds', { body: buildRequest(space) })
    h.clock.advance({ minutes: 4 })
    const headers = { 'idempotency-key': 'from-hold' }
    const book = () => send('POST', '/v1/bookings', { body: buildRequest(space, { ...card, holdId: hold.body.id }), headers })
    for (const [behaviour, status] of [
      ['refuse', 402],
      ['unsent', 503],
    ] as const) {
      h.fakes.payment.behave(behaviour)
      expect((await book()).status).toBe(status)
      const { rows } = await h.pool.query('SELECT status, hold_expires_at FROM booking WHERE id = $1', [hold.body.id])
      expect(rows).toEqual([{ status: 'held', hold_expires_at: new Date('2026-01-05T08:10:00Z') }])
      expect(await counter(userId)).toBe(1)
      expect((await (await h.as()).send('POST', '/v1/holds', { body: buildRequest(space) })).status).toBe(409)
    }
    h.fakes.payment.behave('authorize')
    expect(await book()).toMatchObject({ status: 201, body: { id: hold.body.id } })
  })

  test('a refusal that comes after a 202 is seen: the booking is cancelled, and its key says 402', async () => {
    const space = h.fakes.addSpace({ hourMinor: 900 })
    const { send } = await h.as()
    const hold = await send('POST', '/v1/holds', { body: buildRequest(space) })
    const request = { body: buildRequest(space, { ...card, holdId: hold.body.id }), headers: { 'idempotency-key': 'refused later' } }
    h.fakes.payment.behave('processing')
    expect(await send('POST', '/v1/bookings', request)).toMatchObject({ status: 202, body: { id: hold.body.id } })
    const { attemptId } = h.fakes.payment.sent.at(-1)!
    h.fakes.payment.decide(attemptId, 'refused', 'payment-refused')
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect((await send('GET', `/v1/bookings/${hold.body.id}`)).body).toMatchObject({ status: 'cancelled', payment: { status: 'failed' } })
    expect(await send('POST', '/v1/bookings', request)).toMatchObject({ status: 402, body: { type: '/problems/payment-refused' } })
    expect((await (await h.as()).send('POST', '/v1/holds', { body: buildRequest(space) })).status).toBe(201)
  })

  test('a sweep expires what is overdue, counters included, and says so only of what had become a booking', async () => {
    const space = h.fakes.addSpace({ hourMinor: 900 })
    const { send, userId } = await h.as()
    await send('POST', '/v1/holds', { body: buildRequest(h.fakes.addSpace()) })
    h.fakes.payment.behave('lose-request')
    const pending = await send('POST', '/v1/bookings', { body: buildRequest(space, card) })
    expect(pending.status).toBe(202)
    h.clock.advance({ minutes: 10 })
    await h.sweep()
    expect(await counter(userId)).toBe(0)
    expect((await send('GET', `/v1/bookings/${pending.body.id}`)).body).toMatchObject({ status: 'expired', version: 2 })
    const events = await h.events(pending.body.id)
    expect(events.at(-1)).toMatchObject({ type: 'booking.expired.v1', data: { reasonCode: 'expired', attempts: [{ keepMinor: 0 }] } })
    expect((await send('GET', '/v1/bookings')).body.items).toHaveLength(1)
    const { rows } = await h.pool.query('SELECT token FROM attempt WHERE booking_id = $1', [pending.body.id])
    expect(rows).toEqual([{ token: null }])
  })
})
