import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { card, hourAt, makePlace, slot, type PlaceOptions } from './places.ts'

let api: Api
let member: Session
let operator: Session
let admin: Session

beforeAll(async () => {
  const stack = await startStack({ demo: 'accounts', testControls: true, env: { RATE_LIMITS: 'off' } })
  api = connect(stack)
  member = await api.login('member')
  operator = await api.login('operator')
  admin = await api.login('admin')
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const credits = { method: 'credits' }
const book = async (who: Session, spaceId: string, wish: object, payment: unknown = card()) =>
  (await who.call('POST', '/api/v1/bookings', { spaceId, ...wish, ...(payment ? { payment } : {}) })) as unknown as BookingAnswer
const patch = async ({ body: { id } }: BookingAnswer, change: object) => {
  const { version } = ((await member.call('GET', `/api/v1/bookings/${id}`)) as unknown as BookingAnswer).body
  return (await member.call('PATCH', `/api/v1/bookings/${id}`, change, { 'if-match': `"${version}"` })) as unknown as BookingAnswer
}
const setClock = async (now: string) => expect((await admin.call('PUT', '/dev/clock', { now })).status).toBe(200)
const after = (instant: string, minutes: number) => new Date(Date.parse(instant) + minutes * 60_000).toISOString().replace('.000Z', 'Z')
async function makeStrictPlace(options: PlaceOptions = {}) {
  const policy = {
    name: `Strict ${crypto.randomUUID().slice(0, 8)}`,
    cancellation: [{ noticeHours: 9_000, refundPercent: 100 }],
    leadMinutes: 90,
    gridMinutes: 15,
  }
  const made = await operator.call<{ id: string }>('POST', '/api/v1/policies', { ...policy, advanceDays: 30 })
  expect(made.status).toBe(201)
  return makePlace(operator, { ...options, policyId: made.body.id })
}

describe('an operator who closes a space', () => {
  it('cancels at once with everything back, and finds what is hit, before booking has heard of the closure', async () => {
    const place = await makeStrictPlace()
    const booked = await book(member, place.spaceId, slot(5))
    expect(booked.status).toBe(201)
    const setConsumers = async (paused: boolean) => {
      for (const url of api.stack.opsUrls('booking'))
        await fetch(`${url}/consumers`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paused }) })
    }
    await setConsumers(true)
    try {
      const closure = await operator.call<{ id: string }>('POST', '/api/v1/closures', {
        locationId: place.locationId,
        spaceIds: [place.spaceId],
        ...slot(5),
        reason: 'works',
      })
      const hit = await operator.call<{ items: { id: string }[] }>('GET', `/api/v1/bookings?closureId=${closure.body.id}`)
      expect(hit.body.items.map(({ id }) => id)).toEqual([booked.body.id])
      const cancelled = await operator.call('POST', `/api/v1/bookings/${booked.body.id}/cancel`, {})
      expect(cancelled).toMatchObject({ status: 200, body: { refund: { percent: 100, amountMinor: booked.body.price.total.amountMinor } } })
      expect((await operator.call('GET', `/api/v1/bookings?closureId=${crypto.randomUUID()}`)).status).toBe(404)
    } finally {
      await setConsumers(false)
    }
  })
})

describe('credits', () => {
  const wallet = async (who: Session) =>
    (
      await who.call<{ id: string; balanceCredits: number; buckets: { source: string; balanceCredits: number; expiresAt?: string }[] }>(
        'GET',
        '/api/v1/wallets/me',
      )
    ).body

  it('are never nothing for what costs money: a quarter of an hour costs one', async () => {
    const place = await makePlace(operator, { hourMinor: 400, creditsPerHour: 1 })
    const wish = { startsAt: hourAt(1), endsAt: after(hourAt(1), 15) }
    const quote = await member.call('POST', '/api/v1/quotes', { spaceId: place.spaceId, ...wish })
    expect(quote.body).toMatchObject({ net: { amountMinor: 100 }, credits: 1 })
    const before = await wallet(member)
    await operator.call('POST', `/api/v1/wallets/${before.id}/grants`, { amountCredits: 5, reason: 'test' })
    expect((await book(member, place.spaceId, wish, credits)).body.price.credits).toBe(1)
    await eventually('one is gone', async () => (await wallet(member)).balanceCredits === before.balanceCredits + 4)
  })

  it('that expired while they were spent return for 30 days when the booking is cancelled, as the mail says', async () => {
    const who = await api.login('member5')
    const place = await makePlace(operator, { creditsPerHour: 3 })
    const { id, balanceCredits } = await wallet(who)
    await operator.call('POST', `/api/v1/wallets/${id}/grants`, { amountCredits: 3, reason: 'test', expiresAt: hourAt(1) })
    const booked = await book(who, place.spaceId, slot(20), credits)
    expect(booked.status).toBe(201)
    await eventually('they are charged', async () => (await wallet(who)).balanceCredits === balanceCredits)
    await setClock(hourAt(2))
    expect(await who.call('POST', `/api/v1/bookings/${booked.body.id}/cancel`, {})).toMatchObject({ status: 200, body: { refund: { credits: 3 } } })
    const returned = await eventually('they have returned', async () => (await wallet(who)).buckets.find(({ source }) => source === 'returned'))
    expect(returned.balanceCredits).toBe(3)
    expect(Math.abs(Date.parse(returned.expiresAt!) - Date.parse(hourAt(2)) - 30 * 86_400_000)).toBeLessThan(3_600_000)
    const mail = await eventually('the mail', async () => {
      const box = await api.call<{ items: { text: string }[] }>('GET', '/dev/mailbox')
      return box.body.items.find(({ text }) => text.includes(booked.body.reference) && text.includes('3 credits back'))
    })
    expect(mail.text.replace(/\s+/g, ' ')).toContain('Credits that have expired meanwhile come back for a limited time')
    await setClock(hourAt(3))
    expect((await wallet(who)).balanceCredits).toBe(balanceCredits + 3)
  })
})

describe('a running booking', () => {
  it('is lengthened for the difference and shortened for its worth, also in a space that is closed and disabled since', async () => {
    const place = await makeStrictPlace({ hourMinor: 1000 })
    await setClock(hourAt(24))
    const startsAt = hourAt(30)
    const booked = await book(member, place.spaceId, { startsAt, endsAt: after(startsAt, 120) })
    expect(booked.status).toBe(201)
    await setClock(after(startsAt, 20))
    expect((await member.call('POST', `/api/v1/bookings/${booked.body.id}/check-in`)).status).toBe(200)
    const longer = await patch(booked, { endsAt: after(startsAt, 180), payment: card() })
    expect(longer).toMatchObject({ status: 200, body: { startsAt, endsAt: after(startsAt, 180), status: 'checked_in', price: { net: { amountMinor: 3000 } } } })
    expect(await patch(booked, { startsAt: after(startsAt, 15) })).toMatchObject({ status: 409 })
    expect(await patch(booked, { endsAt: after(startsAt, 15) })).toMatchObject({ status: 422, body: { errors: [{ code: 'in-the-past' }] } })
    await operator.call('POST', '/api/v1/closures', { locationId: place.locationId, startsAt, endsAt: after(startsAt, 600), reason: 'works' })
    expect((await operator.call('PATCH', `/api/v1/spaces/${place.spaceId}`, { status: 'disabled' })).status).toBe(200)
    expect(await patch(booked, { endsAt: after(startsAt, 195), payment: card() })).toMatchObject({ status: 422 })
    const shorter = await patch(booked, { endsAt: after(startsAt, 60) })
    expect(shorter).toMatchObject({ status: 200, body: { endsAt: after(startsAt, 60), price: { net: { amountMinor: 1000 } } } })
    await eventually('the rest is given back', async () => {
      const { body } = await operator.call<{ items: { capturedMinor: number; refundedMinor: number; status: string }[] }>(
        'GET',
        `/api/v1/payments?bookingId=${booked.body.id}`,
      )
      return body.items.reduce((sum, payment) => sum + payment.capturedMinor - payment.refundedMinor, 0) === 1200
    })
  })
})

describe('availability', () => {
  it('offers nothing that the check then calls past, too soon or too far ahead', async () => {
    const place = await makeStrictPlace()
    const now = after(hourAt(40), 7)
    await setClock(now)
    const offered = async (from: string, to: string) => {
      const answer = await member.call<{ items: { free: { startsAt: string; endsAt: string }[] }[] }>(
        'GET',
        `/api/v1/availability?from=${from}&to=${to}&spaceId=${place.spaceId}`,
      )
      expect(answer.status).toBe(200)
      return answer.body.items[0]!.free
    }
    const [first, ...rest] = await offered(hourAt(30), hourAt(60))
    expect([first!.startsAt, rest]).toEqual([after(hourAt(40), 105), []])
    const [last] = await offered(hourAt(40 + 29 * 24), hourAt(40 + 32 * 24))
    for (const [startsAt, endsAt] of [
      [first!.startsAt, after(first!.startsAt, 15)],
      [after(last!.endsAt, -15), last!.endsAt],
    ]) {
      const { body } = await member.call('POST', '/api/v1/bookings/check', { spaceId: place.spaceId, startsAt, endsAt })
      expect(body).toMatchObject({ bookable: true, brokenRules: [] })
    }
    expect(await offered(hourAt(30), hourAt(39))).toEqual([])
  })
})
