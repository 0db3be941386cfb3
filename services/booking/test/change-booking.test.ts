import { newId } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Any, type FakeSpace, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => {
  h.clock.set(monday)
  h.fakes.payment.behave('authorize')
})
afterAll(() => h.close())

const noon = { startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T13:00:00Z' }
const noonLong = { startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T14:00:00Z' }

async function book(wish: Partial<FakeSpace> = {}, body: object = {}) {
  const space = h.fakes.addSpace(wish)
  const member = await h.as()
  const made = await member.send('POST', '/v1/bookings', { body: buildRequest(space, { ...(space.hourMinor > 0 && card), ...body }) })
  expect(made.status).toBe(201)
  const patch = (change: object, version: number | string | null = made.body.version) =>
    member.send('PATCH', `/v1/bookings/${made.body.id}`, { body: change, headers: version === null ? {} : { 'if-match': `"${version}"` } })
  return { space, booking: made.body, patch, ...member }
}
const claims = async (id: string) =>
  (await h.pool.query('SELECT starts_at, ends_at FROM claim WHERE booking_id = $1 AND active ORDER BY starts_at', [id])).rows.map((row: Any) =>
    row.starts_at.toISOString(),
  )

describe('PATCH /v1/bookings/{id}', () => {
  test('200: a free booking moves at once: new claim in, old one out, version raised, rescheduled with what it was', async () => {
    const { patch, booking, space } = await book()
    const { status, body, headers } = await patch(noon)
    expect(status).toBe(200)
    expect(body).toMatchObject({ ...noon, version: 3, status: 'confirmed' })
    expect(headers.etag).toBe('"3"')
    expect(await claims(booking.id)).toEqual(['2026-01-05T12:00:00.000Z'])
    const event = (await h.events(booking.id)).at(-1)!
    expect(event).toMatchObject({
      type: 'booking.rescheduled.v2',
      data: { version: 3, previous: { spaceId: space.id, unitId: booking.unitId, startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-05T11:00:00Z' } },
    })
  })

  test('200: over its own time, its own claim aside; and to another space', async () => {
    const { patch } = await book()
    expect((await patch({ startsAt: '2026-01-05T10:30:00Z', endsAt: '2026-01-05T11:30:00Z' })).status).toBe(200)
    const other = h.fakes.addSpace()
    expect(await patch({ spaceId: other.id }, 3)).toMatchObject({ status: 200, body: { spaceId: other.id, unitId: other.units[0], version: 4 } })
  })

  test('200: title and attendees alone raise the version without an event', async () => {
    const { patch, booking } = await book({ capacity: 2 })
    const before = await h.events(booking.id)
    expect(await patch({ title: 'New', attendees: [{ email: 'x@y.example', name: 'X' }] })).toMatchObject({ status: 200, body: { title: 'New', version: 3 } })
    expect(await h.events(booking.id)).toHaveLength(before.length)
    const many = { attendees: [1, 2].map((n) => ({ email: `${n}@y.example` })) }
    expect(await patch(many, 3)).toMatchObject({ status: 422, body: { errors: [{ code: 'capacity-exceeded' }] } })
  })

  test('200: a higher price is authorized as an attempt of its own, a lower one keeps less', async () => {
    const { patch, booking } = await book({ hourMinor: 1000 })
    const longer = await patch({ ...noonLong, ...card })
    expect(longer).toMatchObject({ status: 200, body: { version: 3, price: { total: { amountMinor: 2000 } } } })
    expect(h.fakes.payment.sent.at(-1)).toMatchObject({ amountMinor: 1000 })
    expect((await h.events(booking.id)).at(-1)!.data.attempts.map((attempt: Any) => attempt.keepMinor)).toEqual([1000, 1000])
    const shorter = await patch({ startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T12:30:00Z' }, 3)
    expect(shorter).toMatchObject({ status: 200, body: { version: 4, price: { total: { amountMinor: 500 } } } })
    expect((await h.events(booking.id)).at(-1)!.data.attempts.map((attempt: Any) => attempt.keepMinor)).toEqual([500, 0])
  })

  test('200: longer, shorter and longer again: what was given back stays given back, and the new attempt pays', async () => {
    const { patch, booking } = await book({ hourMinor: 1000 })
    const keeps = async () => (await h.events(booking.id)).at(-1)!.data.attempts.map((attempt: Any) => attempt.keepMinor)
    expect((await patch({ ...noonLong, ...card }, 2)).status).toBe(200)
    expect((await patch(noon, 3)).status).toBe(200)
    expect(await keeps()).toEqual([1000, 0])
    expect(await patch({ ...noonLong, ...card }, 4)).toMatchObject({ status: 200, body: { price: { total: { amountMinor: 2000 } } } })
    expect(await keeps()).toEqual([1000, 0, 1000])
  })

  test('200: credits are charged without being asked again', async () => {
    const { patch } = await book({ hourMinor: 1000, creditsPerHour: 2 }, { payment: { method: 'credits' } })
    expect(await patch(noonLong)).toMatchObject({ status: 200, body: { price: { credits: 4 } } })
    expect(h.fakes.payment.sent.at(-1)).toMatchObject({ amountCredits: 2, amountMinor: 0 })
  })

  test('402 and 503 leave it as it was: version, time and claim', async () => {
    const { patch, booking, send } = await book({ hourMinor: 1000 })
    for (const [behaviour, status] of [
      ['refuse', 402],
      ['unsent', 503],
    ] as const) {
      h.fakes.payment.behave(behaviour)
      expect((await patch({ ...noonLong, ...card })).status).toBe(status)
      expect((await send('GET', `/v1/bookings/${booking.id}`)).body).toEqual(booking)
      expect(await claims(booking.id)).toEqual(['2026-01-05T10:00:00.000Z'])
    }
  })

  test('202 with pendingChange holds both slots; reconciliation puts it in force', async () => {
    const { patch, booking, send, space } = await book({ hourMinor: 1000 })
    h.fakes.payment.behave('lose-answer')
    const pending = await patch({ ...noonLong, ...card })
    expect(pending).toMatchObject({
      status: 202,
      body: {
        version: 2,
        startsAt: '2026-01-05T10:00:00Z',
        pendingChange: { ...noonLong, spaceId: space.id, total: { amountMinor: 2000 }, expiresAt: '2026-01-05T08:10:00Z' },
      },
    })
    const other = await h.as()
    for (const slot of [{}, noon]) expect((await other.send('POST', '/v1/bookings', { body: buildRequest(space, { ...card, ...slot }) })).status).toBe(409)
    expect(await patch({ title: 'meanwhile' })).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } })
    expect((await patch({ ...noon, ...card })).status).toBe(409)
    h.clock.advance({ seconds: 10 })
    await h.settle()
    const { body } = await send('GET', `/v1/bookings/${booking.id}`)
    expect(body).toMatchObject({ ...noonLong, version: 3 })
    expect(body.pendingChange).toBeUndefined()
    expect(await claims(booking.id)).toEqual(['2026-01-05T12:00:00.000Z'])
  })

  test('an unanswered change expires: row and new claim go, the version stays, and payment is told to let go', async () => {
    const { patch, booking, send, space } = await book({ hourMinor: 1000 })
    h.fakes.payment.behave('lose-answer')
    await patch({ ...noonLong, ...card })
    const { rows } = await h.pool.query("SELECT id FROM attempt WHERE booking_id = $1 AND status = 'open'", [booking.id])
    h.clock.advance({ minutes: 10 })
    h.fakes.payment.behave('authorize')
    // Overdue and unswept, it blocks nobody.
    expect((await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space, { ...card, ...noon }) })).status).toBe(201)
    expect((await send('GET', `/v1/bookings/${booking.id}`)).body).toEqual(booking)
    await h.settle()
    expect(h.fakes.payment.released).toContain(rows[0].id)
    h.fakes.payment.released.length = 0
    await h.settle()
    expect(h.fakes.payment.released).toEqual([])
  })

  test('cancelling ends the change in the same call and keeps nothing of its attempt; a late answer changes nothing', async () => {
    const { patch, booking, send } = await book({ hourMinor: 1000 })
    h.fakes.payment.behave('lose-answer')
    await patch({ ...noonLong, ...card })
    expect((await send('POST', `/v1/bookings/${booking.id}/cancel`, { body: {} })).body).toMatchObject({
      status: 'cancelled',
      refund: { amountMinor: 1000, percent: 100 },
    })
    expect((await h.events(booking.id)).at(-1)!.data.attempts.map((attempt: Any) => attempt.keepMinor)).toEqual([0, 0])
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect((await send('GET', `/v1/bookings/${booking.id}`)).body).toMatchObject({ status: 'cancelled', version: 3 })
    expect(await claims(booking.id)).toEqual([])
  })

  test('the checks come in order: 404, 428, 412, 422, 409', async () => {
    const { patch, booking, space } = await book({ hourMinor: 1000 })
    const stranger = await h.as()
    expect((await stranger.send('PATCH', `/v1/bookings/${booking.id}`, { body: noon })).status).toBe(404)
    expect((await patch(noon, null)).status).toBe(428)
    space.brokenRules = [{ code: 'off-grid', detail: 'x' }]
    expect((await patch(noon, 1)).status).toBe(412)
    await (
      await h.as()
    ).send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace({ id: newId(), units: space.units, locationId: space.locationId }), noon) })
    expect((await patch(noon)).status).toBe(422)
    space.brokenRules = []
    expect((await patch(noon)).status).toBe(409)
    expect((await patch({ ...noonLong, endsAt: '2026-01-05T12:00:00Z', ...card })).body.errors).toMatchObject([{ code: 'interval-invalid' }])
    expect((await patch({})).status).toBe(400)
    expect((await patch(noonLong)).body.errors).toMatchObject([{ pointer: '/payment' }])
    h.clock.set('2026-01-05T10:00:00Z')
    expect(await patch({ ...noonLong, ...card })).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } })
  })

  test('of two changes at once on one version, one is applied and the other is stale', async () => {
    const { patch } = await book()
    const answers = await Promise.all([patch(noon), patch(noonLong)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  })

  describe('to a free space and back', () => {
    const dollars = { currency: 'USD', hourMinor: 0 }
    const attempts = async (id: string) => (await h.events(id)).at(-1)!.data.attempts.map(({ keepMinor, keepCredits }: Any) => keepMinor + keepCredits)

    test('200: a booking paid by card, over a free space of another currency: its money goes back and is taken anew', async () => {
      const { patch, booking, space } = await book({ hourMinor: 1000 })
      const free = h.fakes.addSpace(dollars)
      expect(await patch({ spaceId: free.id })).toMatchObject({ status: 200, body: { price: { total: { amountMinor: 0, currency: 'USD' } } } })
      expect(await attempts(booking.id)).toEqual([0])
      expect((await patch({ spaceId: space.id }, 3)).body.errors).toMatchObject([{ pointer: '/payment' }])
      const back = await patch({ spaceId: space.id, ...card }, 3)
      expect(back).toMatchObject({
        status: 200,
        body: { price: { total: { amountMinor: 1000, currency: 'EUR' } }, payment: { method: 'card', status: 'authorized' } },
      })
      expect(back.body.payment.id).not.toBe(booking.payment.id)
      expect(await attempts(booking.id)).toEqual([0, 1000])
    })

    test('200: and back with credits, or by card where it was credits: nothing in it binds it to how it was paid', async () => {
      const priced = { hourMinor: 1000, creditsPerHour: 3 }
      const free = h.fakes.addSpace(dollars)
      const byCard = await book(priced)
      await byCard.patch({ spaceId: free.id })
      const credits = await byCard.patch({ spaceId: byCard.space.id, payment: { method: 'credits' } }, 3)
      expect(credits).toMatchObject({ status: 200, body: { payment: { method: 'credits' }, price: { credits: 3 } } })
      expect(await attempts(byCard.booking.id)).toEqual([0, 3])
      const byCredits = await book(priced, { payment: { method: 'credits' } })
      await byCredits.patch({ spaceId: free.id })
      const asBefore = await byCredits.patch({ spaceId: byCredits.space.id }, 3)
      expect(asBefore).toMatchObject({ status: 200, body: { payment: { method: 'credits' } } })
      await byCredits.patch({ spaceId: free.id }, 4)
      expect(await byCredits.patch({ spaceId: byCredits.space.id, ...card }, 5)).toMatchObject({ status: 200, body: { payment: { method: 'card' } } })
      expect(await attempts(byCredits.booking.id)).toEqual([0, 0, 1000])
      expect((await byCredits.send('POST', `/v1/bookings/${byCredits.booking.id}/cancel`, { body: {} })).body.refund).toMatchObject({
        amountMinor: 1000,
        currency: 'EUR',
      })
    })

    test('422 by card to a space priced in another currency; 200 with credits, which are the same in every currency', async () => {
      const priced = { hourMinor: 1000, creditsPerHour: 3 }
      const abroad = h.fakes.addSpace({ ...priced, creditsPerHour: 5, currency: 'USD' })
      expect((await (await book(priced)).patch({ spaceId: abroad.id, ...card })).body.errors).toMatchObject([{ code: 'not-bookable' }])
      const { patch, booking } = await book(priced, { payment: { method: 'credits' } })
      expect(await patch({ spaceId: abroad.id })).toMatchObject({ status: 200, body: { price: { credits: 5, total: { currency: 'USD' } } } })
      expect(await attempts(booking.id)).toEqual([3, 2])
    })
  })

  test('an operator may change it; the member’s policy and teams count', async () => {
    const { booking } = await book()
    const operator = await h.as(newId(), ['operator'])
    const { status } = await operator.send('PATCH', `/v1/bookings/${booking.id}`, { body: noon, headers: { 'if-match': '"2"' } })
    expect(status).toBe(200)
  })
})
