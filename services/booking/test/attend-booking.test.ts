import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, createHarness, monday, type FakeSpace, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => h.clock.set(monday))
afterAll(() => h.close())

async function book(wish: Partial<FakeSpace> = {}) {
  const space = h.fakes.addSpace(wish)
  const member = await h.as()
  const made = await member.send('POST', '/v1/bookings', { body: buildRequest(space) })
  const act = (what: 'check-in' | 'check-out', headers: Record<string, string> = {}) => member.send('POST', `/v1/bookings/${made.body.id}/${what}`, { headers })
  return { space, booking: made.body, act, ...member }
}

describe('check-in', () => {
  test('200 from a quarter of an hour before the start until the end; 422 outside; 409 twice, 200 twice with one key', async () => {
    const { act } = await book()
    h.clock.set('2026-01-05T09:44:59Z')
    expect(await act('check-in')).toMatchObject({ status: 422, body: { errors: [{ code: 'check-in-window' }] } })
    h.clock.set('2026-01-05T09:45:00Z')
    const key = { 'idempotency-key': 'in' }
    expect(await act('check-in', key)).toMatchObject({ status: 200, body: { status: 'checked_in', version: 3, checkedInAt: '2026-01-05T09:45:00Z' } })
    expect((await act('check-in', key)).status).toBe(200)
    expect((await act('check-in')).body.type).toBe('/problems/illegal-transition')
    const late = await book()
    h.clock.set('2026-01-05T11:00:00Z')
    expect((await late.act('check-in')).status).toBe(422)
  })

  test('404 for another member', async () => {
    const { booking } = await book()
    for (const what of ['check-in', 'check-out']) expect((await (await h.as()).send('POST', `/v1/bookings/${booking.id}/${what}`)).status).toBe(404)
  })
})

describe('check-out', () => {
  test('200: before the end it frees the rest, the buffer after it apart; the booking keeps its times', async () => {
    const { act, space } = await book({ bufferAfter: 10 })
    expect((await act('check-out')).status).toBe(409)
    h.clock.set('2026-01-05T10:00:00Z')
    await act('check-in')
    h.clock.set('2026-01-05T10:20:00Z')
    expect(await act('check-out')).toMatchObject({
      status: 200,
      body: { status: 'completed', endsAt: '2026-01-05T11:00:00Z', checkedOutAt: '2026-01-05T10:20:00Z' },
    })
    const other = await h.as()
    const from = (startsAt: string) => other.send('POST', '/v1/bookings', { body: buildRequest(space, { startsAt }) })
    expect((await from('2026-01-05T10:25:00Z')).status).toBe(409)
    expect((await from('2026-01-05T10:30:00Z')).status).toBe(201)
  })

  test('200: checked out before the start, everything is free', async () => {
    const { act, space } = await book()
    h.clock.set('2026-01-05T09:50:00Z')
    await act('check-in')
    expect((await act('check-out')).status).toBe(200)
    expect((await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(201)
  })
})

describe('the end', () => {
  test('completes bookings, checked in or not, once; the event says when', async () => {
    const [visited, missed] = [await book(), await book()]
    h.clock.set('2026-01-05T10:00:00Z')
    await visited.act('check-in')
    h.clock.set('2026-01-05T10:59:59Z')
    await h.sweep()
    expect((await visited.send('GET', `/v1/bookings/${visited.booking.id}`)).body.status).toBe('checked_in')
    h.clock.set('2026-01-05T11:00:00Z')
    await Promise.all([h.sweep(), h.sweep()])
    for (const { send, booking } of [visited, missed]) {
      expect((await send('GET', `/v1/bookings/${booking.id}`)).body.status).toBe('completed')
      const events = (await h.events(booking.id)).filter(({ type }) => type === 'booking.completed.v1')
      expect(events.map(({ data }) => data.checkedOutAt)).toEqual(['2026-01-05T11:00:00Z'])
    }
  })
})
