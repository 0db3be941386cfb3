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
  h.fakes.closures.clear()
})
afterAll(() => h.close())

const begun = '2026-01-05T10:20:00Z'
const until = (time: string) => ({ endsAt: `2026-01-05T${time}:00Z` })
const closedAllDay = { startsAt: '2026-01-05T00:00:00Z', endsAt: '2026-01-06T00:00:00Z' }

/** Booked for 10:00 to 12:00 on a Monday at 8:00, at 10 an hour, and now it is 10:20. */
async function run(wish: Partial<FakeSpace> = {}, { body, checkIn }: { body?: object; checkIn?: boolean } = {}) {
  const space = h.fakes.addSpace({ hourMinor: 1000, judges: true, ...wish })
  const member = await h.as()
  const made = await member.send('POST', '/v1/bookings', { body: buildRequest(space, { ...(space.hourMinor > 0 && card), ...until('12:00'), ...body }) })
  expect(made.status).toBe(201)
  const path = `/v1/bookings/${made.body.id}`
  h.clock.set(begun)
  if (checkIn) expect((await member.send('POST', `${path}/check-in`, { body: {} })).status).toBe(200)
  const find = async () => (await member.send('GET', path)).body
  const patchAt = (version: number, change: object) => member.send('PATCH', path, { body: change, headers: { 'if-match': `"${version}"` } })
  const patch = async (change: object) => patchAt((await find()).version, change)
  const keeps = async () => (await h.events(made.body.id)).at(-1)!.data.attempts.map(({ keepMinor }: Any) => keepMinor)
  return { space, booking: made.body, patch, patchAt, find, keeps, path, ...member }
}
const claimed = async (id: string) =>
  (await h.pool.query('SELECT unit_id, starts_at, ends_at FROM claim WHERE booking_id = $1 AND active', [id])).rows.map((row: Any) => [
    row.unit_id,
    row.starts_at.toISOString(),
    row.ends_at.toISOString(),
  ])
const codes = (answer: { body: Any }) => answer.body.errors?.map(({ code }: Any) => code)

describe.each([
  ['confirmed and begun', false],
  ['checked in', true],
])('PATCH endsAt of a booking that is %s', (_name, checkIn) => {
  test('200: longer, and the difference is charged; shorter, and it is given back; its start and unit stay', async () => {
    const { patch, booking, keeps, find } = await run({ units: [newId(), newId()] }, { checkIn })
    const status = checkIn ? 'checked_in' : 'confirmed'
    expect(await patch({ ...until('13:00'), ...card })).toMatchObject({
      status: 200,
      body: { ...until('13:00'), status, price: { total: { amountMinor: 3000 } } },
    })
    expect(await keeps()).toEqual([2000, 1000])
    expect(await claimed(booking.id)).toEqual([[booking.unitId, '2026-01-05T10:00:00.000Z', '2026-01-05T13:00:00.000Z']])
    expect(await patch(until('10:30'))).toMatchObject({ status: 200, body: { startsAt: booking.startsAt, status, price: { total: { amountMinor: 500 } } } })
    expect(await keeps()).toEqual([500, 0])
    expect(await claimed(booking.id)).toEqual([[booking.unitId, '2026-01-05T10:00:00.000Z', '2026-01-05T10:30:00.000Z']])
    expect(await find()).toMatchObject(until('10:30'))
  })

  test('200: only what is added is judged, so neither lead time nor what the booking has already stands in the way', async () => {
    const { patch, space } = await run({}, { checkIn })
    space.policy = { leadMinutes: 600, advanceDays: 0, minMinutes: 30, gridMinutes: 30 }
    h.fakes.addClosure(space, { startsAt: '2026-01-05T09:00:00Z', endsAt: '2026-01-05T12:00:00Z' })
    expect((await patch({ ...until('12:30'), ...card })).status).toBe(200)
  })

  test('422: an addition that is closed, off the grid, too long as a whole, or in a space that is no longer bookable', async () => {
    const { patch, space } = await run({}, { checkIn })
    const longer = async (time: string) => codes(await patch({ ...until(time), ...card }))
    h.fakes.addClosure(space, { startsAt: '2026-01-05T12:30:00Z', endsAt: '2026-01-05T14:00:00Z' })
    expect(await longer('13:00')).toEqual(['closed'])
    space.policy = { gridMinutes: 30, maxMinutes: 150 }
    expect(await longer('12:20')).toEqual(['off-grid'])
    h.fakes.closures.clear()
    expect(await longer('13:00')).toEqual(['too-long'])
    space.policy = {}
    space.status = 'disabled'
    expect(await longer('12:30')).toEqual(['not-bookable'])
    space.status = 'active'
    space.units = [newId()]
    expect(await longer('12:30')).toEqual(['not-bookable'])
  })

  test('200: shortening needs no lead time, no open or enabled space and no unit that can still be booked, nor an active account', async () => {
    const { patch, space, userId } = await run({}, { checkIn })
    Object.assign(space, { status: 'disabled', units: [], revision: 1, bufferAfter: 600, brokenRules: [{ code: 'outside-opening-hours', detail: 'x' }] })
    space.policy = { leadMinutes: 600, minMinutes: 120, maxMinutes: 30, gridMinutes: 60, advanceDays: 0 }
    h.fakes.addClosure(space, closedAllDay)
    await h.pool.query('INSERT INTO closure (id, version, location_id, starts_at, ends_at) VALUES ($1, 1, $2, $3, $4)', [
      newId(),
      space.locationId,
      closedAllDay.startsAt,
      closedAllDay.endsAt,
    ])
    await h.pool.query('INSERT INTO space_revision (space_id, lowest) VALUES ($1, 9)', [space.id])
    expect((await patch(until('11:40'))).status).toBe(200)
    h.fakes.setPerson({ id: userId, status: 'deactivated' })
    await h.pool.query('INSERT INTO deactivated_user (user_id, version, deactivated_at) VALUES ($1, 1, $2)', [userId, begun])
    expect((await patch(until('10:45'))).status).toBe(200)
  })

  test('200: shortening never costs more, nor everything: a price that rose, changed its currency or is gone stays as it was', async () => {
    const { patch, space, keeps } = await run({}, { checkIn })
    for (const [change, end] of [
      [{ hourMinor: 90_000 }, '11:50'],
      [{ hourMinor: 1000, currency: 'USD' }, '11:40'],
      [{ currency: 'EUR', hourMinor: 0 }, '11:30'],
    ] as const) {
      Object.assign(space, change)
      expect(await patch(until(end))).toMatchObject({ status: 200, body: { ...until(end), price: { total: { amountMinor: 2000, currency: 'EUR' } } } })
      expect(await keeps()).toEqual([2000])
    }
    Object.assign(space, { hourMinor: 1000 })
    expect((await patch(until('11:00'))).body.price.total.amountMinor).toBe(1000)
  })

  test('409 for another start, space or unit; 422 in plain words for an end that is not to come; 409 when it is over', async () => {
    const { patch, booking } = await run({ units: [newId(), newId()] }, { checkIn })
    const other = h.fakes.addSpace()
    for (const change of [{ startsAt: '2026-01-05T10:10:00Z' }, { spaceId: other.id }, { unitId: newId() }])
      expect(await patch({ ...until('12:30'), ...change, ...card })).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } })
    expect((await patch({ ...until('12:30'), unitId: booking.unitId, startsAt: booking.startsAt, ...card })).status).toBe(200)
    for (const end of ['10:20', '10:10']) {
      const past = await patch(until(end))
      expect([past.status, codes(past)]).toEqual([422, ['in-the-past']])
      expect(past.body.errors[0].detail).toBe('The new end lies in the past. Give an end that is still to come.')
    }
    expect(codes(await patch(until('09:00')))).toEqual(['interval-invalid'])
    h.clock.set('2026-01-05T12:30:00Z')
    expect((await patch({ ...until('14:00'), ...card })).status).toBe(409)
  })

  test('409 where somebody else comes after, and their buffer counts', async () => {
    const { patch, space } = await run({ bufferAfter: 15 }, { checkIn })
    h.clock.set(monday)
    const next = { startsAt: '2026-01-05T13:00:00Z', endsAt: '2026-01-05T14:00:00Z' }
    expect((await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space, { ...card, ...next }) })).status).toBe(201)
    h.clock.set(begun)
    expect(await patch({ ...until('13:00'), ...card })).toMatchObject({ status: 409, body: { type: '/problems/slot-conflict', conflicts: [next] } })
    expect((await patch({ ...until('12:45'), ...card })).status).toBe(200)
  })

  test('402 and 503 leave it as it was; 202 is seen through, also by somebody who checks in meanwhile', async () => {
    const { patch, find, send, path, booking } = await run({}, { checkIn })
    const before = await find()
    for (const [behaviour, status] of [
      ['refuse', 402],
      ['unsent', 503],
    ] as const) {
      h.fakes.payment.behave(behaviour)
      expect((await patch({ ...until('13:00'), ...card })).status).toBe(status)
      expect(await find()).toEqual(before)
    }
    h.fakes.payment.behave('lose-answer')
    const pending = await patch({ ...until('13:00'), ...card })
    expect(pending).toMatchObject({ status: 202, body: { ...until('12:00'), pendingChange: { ...until('13:00'), total: { amountMinor: 3000 } } } })
    expect((await find()).pendingChange).toEqual(pending.body.pendingChange)
    if (!checkIn) expect((await send('POST', `${path}/check-in`, { body: {} })).body).toMatchObject({ status: 'checked_in', pendingChange: until('13:00') })
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect(await find()).toMatchObject({ ...until('13:00'), status: 'checked_in' })
    expect(await claimed(booking.id)).toEqual([[booking.unitId, '2026-01-05T10:00:00.000Z', '2026-01-05T13:00:00.000Z']])
  })

  test('a longer end that is not paid before the booking ends comes too late: the booking ends when it ended, and nothing is kept', async () => {
    const { patch, find, booking } = await run({}, { checkIn })
    h.clock.set('2026-01-05T11:58:00Z')
    h.fakes.payment.behave('lose-answer')
    expect((await patch({ ...until('13:00'), ...card })).body.pendingChange.expiresAt).toBe('2026-01-05T12:00:00Z')
    h.clock.set('2026-01-05T12:00:00Z')
    await h.sweep()
    await h.settle()
    expect(await find()).toMatchObject({ ...until('12:00'), status: 'completed' })
    expect((await h.events(booking.id)).at(-1)!.data.attempts.map(({ keepMinor }: Any) => keepMinor)).toEqual([2000, 0])
  })
})

describe('PATCH endsAt', () => {
  test('of two at once on a running booking one is applied; racing a check-out leaves it completed, or longer and then completed', async () => {
    const { patchAt, send, path, find, booking } = await run({}, { checkIn: true })
    const [first, second] = await Promise.all([patchAt(3, { ...until('13:00'), ...card }), patchAt(3, until('11:00'))])
    // The other is stale, or finds the first one waiting for its payment.
    expect([
      [200, 409],
      [200, 412],
    ]).toContainEqual([first.status, second.status].sort())
    const [changed, out] = await Promise.all([patchAt(4, until('10:50')), send('POST', `${path}/check-out`, { body: {} })])
    expect([200, 409, 412]).toContain(changed.status)
    if (out.status === 409) expect((await send('POST', `${path}/check-out`, { body: {} })).status).toBe(200)
    expect((await find()).status).toBe('completed')
    expect((await claimed(booking.id)).every(([, , endsAt]) => endsAt <= '2026-01-05T10:20:00.000Z')).toBe(true)
  })

  test('before the start: cutting adds nothing, so only its new length and grid are judged; a longer end is judged by what is added', async () => {
    const { patch, space } = await run({ policy: { cancellation: [{ noticeHours: 1, refundPercent: 10 }] } })
    h.clock.set('2026-01-05T09:50:00Z')
    space.policy = { leadMinutes: 60, minMinutes: 60, gridMinutes: 30 }
    h.fakes.addClosure(space, { startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-05T12:00:00Z' })
    expect((await patch(until('11:30'))).status).toBe(200)
    expect((await patch({ startsAt: '2026-01-05T10:30:00Z' })).status).toBe(200)
    expect(codes(await patch(until('11:00')))).toEqual(['too-short'])
    expect(codes(await patch({ startsAt: '2026-01-05T10:20:00Z', ...until('11:40'), ...card }))).toContain('closed')
    h.fakes.closures.clear()
    expect((await patch({ ...until('12:30'), ...card })).status).toBe(200)
    h.fakes.addClosure(space, { startsAt: '2026-01-05T12:30:00Z', endsAt: '2026-01-05T14:00:00Z' })
    expect(codes(await patch({ ...until('13:00'), ...card }))).toEqual(['closed'])
    expect(codes(await patch({ startsAt: '2026-01-05T10:00:00Z', ...card }))).toEqual(['too-soon'])
  })

  test('credits: a longer end costs whole credits, a shorter one gives them back', async () => {
    const { patch, booking } = await run({ creditsPerHour: 2 }, { body: { payment: { method: 'credits' } } })
    expect((await patch(until('13:00'))).body.price.credits).toBe(6)
    expect((await patch(until('11:00'))).body.price.credits).toBe(2)
    expect((await h.events(booking.id)).at(-1)!.data.attempts.map(({ keepCredits }: Any) => keepCredits)).toEqual([2, 0])
  })
})
