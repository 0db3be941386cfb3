import { closureCreated } from '@alcove/contracts'
import { DependencyError, newId } from '@alcove/kit'
import { deliver } from '@alcove/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { onClosureEvents } from '../src/consumers/on-closure-event.ts'
import { eventEffects } from '../src/db/event-effects.ts'
import { buildRequest, card, createHarness, monday, type Any, type FakeSpace, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => {
  h.clock.set(monday)
  delete h.fakes.failures.workspace
  h.fakes.payment.behave('authorize')
})
afterAll(() => h.close())

async function book(wish: Partial<FakeSpace> = {}, body: object = {}) {
  const space = h.fakes.addSpace({ hourMinor: 1001, ...wish })
  const member = await h.as()
  const made = await member.send('POST', '/v1/bookings', { body: buildRequest(space, { ...card, ...body }) })
  const cancel = (sent: object = {}, headers: Record<string, string> = {}) =>
    member.send('POST', `/v1/bookings/${made.body.id}/cancel`, { body: sent, headers })
  return { space, booking: made.body, cancel, ...member }
}

describe('POST /v1/bookings/{id}/cancel', () => {
  test('200: no policy gives everything back until the start; the slot is free; again gives the same answer', async () => {
    const { cancel, booking, space } = await book()
    const first = await cancel({ reason: 'ill' })
    expect(first).toMatchObject({ status: 200, body: { status: 'cancelled', version: 3, refund: { amountMinor: 1001, currency: 'EUR', percent: 100 } } })
    expect(await cancel()).toEqual({ ...first, headers: expect.anything() })
    const events = (await h.events(booking.id)).filter(({ type }) => type === 'booking.cancelled.v1')
    expect(events).toHaveLength(1)
    expect(events[0]!.data).toMatchObject({ reasonCode: 'member', refundMinor: 1001, attempts: [{ keepMinor: 0 }] })
    expect(JSON.stringify(events)).not.toContain('ill"')
    expect((await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space, card) })).status).toBe(201)
  })

  test('200: the policy frozen at booking decides, whatever it has become since; halves are rounded up', async () => {
    const { cancel, booking, space } = await book({
      policy: {
        cancellation: [
          { noticeHours: 24, refundPercent: 100 },
          { noticeHours: 1, refundPercent: 50 },
        ],
      },
    })
    space.policy = { cancellation: [] }
    expect((await cancel()).body.refund).toEqual({ amountMinor: 501, currency: 'EUR', percent: 50 })
    expect((await h.events(booking.id)).at(-1)!.data.attempts).toMatchObject([{ keepMinor: 500 }])
    const late = await book({ policy: { cancellation: [{ noticeHours: 24, refundPercent: 100 }] } })
    expect((await late.cancel()).body.refund).toMatchObject({ amountMinor: 0, percent: 0 })
  })

  test('200: credits come back as credits', async () => {
    const { cancel } = await book({ creditsPerHour: 4 }, { payment: { method: 'credits' } })
    expect((await cancel()).body.refund).toEqual({ amountMinor: 0, currency: 'EUR', percent: 100, credits: 4 })
  })

  test('200: one that waits for its payment keeps nothing of it, even if that comes later', async () => {
    h.fakes.payment.behave('lose-answer')
    const { cancel, booking, send } = await book()
    expect(booking.status).toBe('pending_payment')
    expect((await cancel()).body).toMatchObject({ status: 'cancelled', refund: { amountMinor: 0 } })
    expect((await h.events(booking.id)).at(-1)!.data.attempts).toMatchObject([{ keepMinor: 0 }])
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect((await send('GET', `/v1/bookings/${booking.id}`)).body).toMatchObject({ status: 'cancelled', version: 2 })
  })

  test('404 for another member; an operator may, also after the start; a closure it hits refunds everything', async () => {
    const { booking, cancel, space } = await book({ policy: { cancellation: [{ noticeHours: 24, refundPercent: 100 }] } })
    expect((await (await h.as()).send('POST', `/v1/bookings/${booking.id}/cancel`, { body: {} })).status).toBe(404)
    const operator = await h.as(newId(), ['operator'])
    const closure = {
      closureId: newId(),
      version: 1,
      locationId: space.locationId,
      spaceIds: [space.id],
      startsAt: '2026-01-05T10:30:00Z',
      endsAt: '2026-01-05T12:00:00Z',
    }
    await deliver({ pool: h.pool, handlers: onClosureEvents(eventEffects) }, closureCreated, closure)
    h.fakes.closures.set(closure.closureId, { ...closure, id: closure.closureId, startsAt: new Date(closure.startsAt), endsAt: new Date(closure.endsAt) })
    expect((await operator.send('GET', `/v1/bookings?closureId=${closure.closureId}`)).body.items.map(({ id }: Any) => id)).toEqual([booking.id])
    expect((await (await h.as()).send('GET', `/v1/bookings?closureId=${closure.closureId}`)).body.items).toEqual([])
    expect((await operator.send('POST', `/v1/bookings/${booking.id}/cancel`, { body: {} })).body).toMatchObject({ refund: { amountMinor: 1001, percent: 100 } })
    expect((await h.events(booking.id)).at(-1)!.data.reasonCode).toBe('closure')
    expect((await cancel()).status).toBe(200)
    expect(await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space, card) })).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'closed' }] },
    })
  })

  describe('by an operator, at the moment after a closure', () => {
    const strict = { policy: { cancellation: [{ noticeHours: 24, refundPercent: 100 }] } }
    const hit = { startsAt: '2026-01-05T10:30:00Z', endsAt: '2026-01-05T12:00:00Z' }
    const asOperator = async (id: string) => (await h.as(newId(), ['operator'])).send('POST', `/v1/bookings/${id}/cancel`, { body: {} })

    test('200: workspace is asked, so that everything comes back before booking has heard of the closure', async () => {
      const { booking, space } = await book(strict)
      h.fakes.addClosure(space, hit)
      expect((await asOperator(booking.id)).body).toMatchObject({ refund: { amountMinor: 1001, percent: 100 } })
      expect((await h.events(booking.id)).at(-1)!.data).toMatchObject({ reasonCode: 'closure', attempts: [{ keepMinor: 0 }] })
    })

    test('200: a closure that was deleted refunds nothing any more, although booking still has it', async () => {
      const { booking, space } = await book(strict)
      const closure = { closureId: newId(), version: 1, locationId: space.locationId, spaceIds: [space.id], ...hit }
      await deliver({ pool: h.pool, handlers: onClosureEvents(eventEffects) }, closureCreated, closure)
      expect((await asOperator(booking.id)).body.refund).toMatchObject({ amountMinor: 0, percent: 0 })
    })

    test('503 with Retry-After and nothing done while workspace does not answer and the refund depends on it', async () => {
      const { booking, space, send } = await book(strict)
      h.fakes.addClosure(space, hit)
      h.fakes.failures.workspace = new DependencyError('workspace', { sent: false, reason: 'timeout' })
      const answer = await asOperator(booking.id)
      expect(answer).toMatchObject({ status: 503, body: { dependency: 'workspace' } })
      expect(answer.headers['retry-after']).toBeDefined()
      expect((await send('GET', `/v1/bookings/${booking.id}`)).body).toMatchObject({ status: 'confirmed', version: 2 })
      delete h.fakes.failures.workspace
      expect((await asOperator(booking.id)).body.refund).toMatchObject({ percent: 100 })
    })

    test('200 without workspace where everything comes back anyway, and for a member, whose refund no closure changes', async () => {
      const open = await book()
      const own = await book(strict)
      h.fakes.failures.workspace = new DependencyError('workspace', { sent: false, reason: 'timeout' })
      expect((await asOperator(open.booking.id)).body).toMatchObject({ refund: { percent: 100 } })
      expect((await own.cancel()).body).toMatchObject({ refund: { percent: 0 } })
    })
  })

  test('200: a share of the credits is rounded up, and never more than was paid', async () => {
    const tiers = { policy: { cancellation: [{ noticeHours: 1, refundPercent: 25 }] } }
    for (const [creditsPerHour, credits] of [
      [1, 1],
      [5, 2],
      [8, 2],
    ] as const) {
      const { cancel, booking } = await book({ ...tiers, creditsPerHour }, { payment: { method: 'credits' } })
      expect((await cancel()).body.refund).toMatchObject({ percent: 25, credits })
      expect((await h.events(booking.id)).at(-1)!.data.attempts).toMatchObject([{ keepCredits: creditsPerHour - credits }])
    }
  })

  test('422 for a member once it has begun, 409 when it is over', async () => {
    const { cancel } = await book()
    h.clock.set('2026-01-05T10:00:00Z')
    expect(await cancel()).toMatchObject({ status: 422, body: { errors: [{ code: 'cancellation-window-passed' }] } })
    h.clock.set('2026-01-05T11:00:00Z')
    await h.sweep()
    expect(await cancel()).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } })
  })

  test('200: ten at once, with and without keys, cancel once', async () => {
    const { cancel, booking } = await book()
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => cancel({}, index % 2 ? { 'idempotency-key': 'c' } : {})))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect((await h.events(booking.id)).filter(({ type }) => type === 'booking.cancelled.v1')).toHaveLength(1)
    expect((await cancel({ reason: 'other' }, { 'idempotency-key': 'c' })).body.type).toBe('/problems/idempotency-key-reused')
  })
})
