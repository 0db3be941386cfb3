import {
  accountDeactivated,
  accountReactivated,
  closureCreated,
  closureDeleted,
  paymentAuthorized,
  paymentCaptured,
  paymentFailed,
  paymentRefunded,
  type PaymentState,
} from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { assertPrismaMatchesDatabase, buildEvent, deliver, deliverMessage, replayLate, waitFor } from '@alcove/testing'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { onAccountDeactivated } from '../src/consumers/on-account-deactivated.ts'
import { onAccountReactivated } from '../src/consumers/on-account-reactivated.ts'
import { onClosureEvents } from '../src/consumers/on-closure-event.ts'
import { onPaymentEvents } from '../src/consumers/on-payment-event.ts'
import { createBookingStore } from '../src/db/booking-store.ts'
import { eventEffects } from '../src/db/event-effects.ts'
import { settleClosures, settleDeactivations } from '../src/domain/settle-deactivations.ts'
import { buildRequest, card, createHarness, monday, type Any, type Harness } from './app-builders.ts'
import { buildClaim } from './claim-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => {
  h.clock.set(monday)
  h.fakes.payment.behave('authorize')
})
afterAll(() => h.close())

const signal = new AbortController().signal
const payments = () => ({ pool: h.pool, clock: h.clock, handlers: onPaymentEvents({ notePayments: eventEffects.notePayments, wakeRelay: () => undefined }) })
const accounts = () => ({
  pool: h.pool,
  clock: h.clock,
  handlers: [
    onAccountDeactivated({ storeDeactivation: eventEffects.storeDeactivation, sweepSoon: () => undefined }),
    onAccountReactivated({ storeReactivation: eventEffects.storeReactivation }),
  ],
})

async function book(behaviour: 'authorize' | 'lose-answer' = 'authorize') {
  h.fakes.payment.behave(behaviour)
  const member = await h.as()
  const space = h.fakes.addSpace({ hourMinor: 1200 })
  const { body } = await member.send('POST', '/v1/bookings', { body: buildRequest(space, card) })
  const { rows } = await h.pool.query('SELECT id FROM attempt WHERE booking_id = $1', [body.id])
  const state = (change: Partial<PaymentState>): PaymentState => ({
    ...paymentAuthorized.example,
    attemptId: rows[0].id,
    bookingId: body.id,
    userId: member.userId,
    ...change,
  })
  const show = async () => (await member.send('GET', `/v1/bookings/${body.id}`)).body
  return { ...member, space, booking: body, state, show }
}

describe('payment events', () => {
  test('are shown without raising the version; only newer ones count, each once', async () => {
    const { state, show, send, booking } = await book()
    const paymentId = newId()
    await deliver(payments(), paymentRefunded, state({ paymentId, version: 3, status: 'refunded' }))
    await deliver(payments(), paymentCaptured, state({ paymentId, version: 2, status: 'captured' }))
    expect(await show()).toMatchObject({ version: 2, payment: { id: paymentId, status: 'refunded' } })
    const { body } = await send('GET', `/v1/bookings/${booking.id}/timeline`)
    expect(body.items.map(({ what }: Any) => what)).toEqual(['created', 'confirmed', 'payment.refunded'])
  })

  test('authorized confirms a booking still waiting; reconciliation finds nothing left to do', async () => {
    const { state, show, booking } = await book('lose-answer')
    expect(booking.status).toBe('pending_payment')
    await deliver(payments(), paymentAuthorized, state({}))
    expect(await show()).toMatchObject({ status: 'confirmed', version: 2 })
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect((await h.events(booking.id)).map(({ type }) => type)).toEqual(['booking.created.v1', 'booking.confirmed.v1'])
  })

  test('failed ends a booking not yet begun, with nothing kept; a later one only shows it', async () => {
    const early = await book()
    await deliver(payments(), paymentFailed, early.state({ version: 2, status: 'failed' }))
    expect(await early.show()).toMatchObject({ status: 'cancelled', version: 3, payment: { status: 'failed' } })
    expect((await h.events(early.booking.id)).at(-1)).toMatchObject({
      type: 'booking.cancelled.v1',
      data: { reasonCode: 'payment-failed', attempts: [{ keepMinor: 0 }] },
    })
    const late = await book()
    h.clock.set('2026-01-05T10:00:00Z')
    await deliver(payments(), paymentFailed, late.state({ version: 2, status: 'failed' }))
    expect(await late.show()).toMatchObject({ status: 'confirmed', version: 2, payment: { status: 'failed' } })
  })

  test('that died and are replayed late are superseded by newer ones', async () => {
    const { state, show } = await book()
    const paymentId = newId()
    const dead = buildEvent(paymentCaptured, state({ paymentId, version: 2, status: 'captured' }))
    const meanwhile = [buildEvent(paymentRefunded, state({ paymentId, version: 3, status: 'refunded' }))]
    expect(await replayLate({ ...payments(), topic: 'payment' }, { dead, meanwhile })).toBe('superseded')
    expect(await show()).toMatchObject({ payment: { status: 'refunded' } })
    const first = await book()
    const authorized = buildEvent(paymentCaptured, first.state({ version: 2, status: 'captured' }))
    expect(await replayLate({ ...payments(), topic: 'payment' }, { dead: authorized, meanwhile: [] })).toBe('applied')
    expect(await first.show()).toMatchObject({ payment: { status: 'captured' } })
  })

  test('of several bookings that come at once have their effect each, in order', async () => {
    const [first, second, third] = [await book(), await book('lose-answer'), await book()]
    const paymentId = newId()
    const batch = [
      buildEvent(paymentAuthorized, second.state({})),
      buildEvent(paymentFailed, third.state({ version: 2, status: 'failed' })),
      buildEvent(paymentCaptured, first.state({ paymentId, version: 2, status: 'captured' })),
      buildEvent(paymentCaptured),
      buildEvent(paymentCaptured, second.state({ version: 2, status: 'captured' })),
      buildEvent(paymentRefunded, first.state({ paymentId, version: 3, status: 'refunded' })),
      buildEvent(paymentAuthorized, first.state({ paymentId, version: 1 })),
    ]
    await deliverMessage(payments(), 'payment', ...batch, ...batch)
    expect(await first.show()).toMatchObject({ status: 'confirmed', version: 2, payment: { id: paymentId, status: 'refunded' } })
    expect(await second.show()).toMatchObject({ status: 'confirmed', version: 2, payment: { status: 'captured' } })
    expect(await third.show()).toMatchObject({ status: 'cancelled', version: 3, payment: { status: 'failed' } })
  })

  test('of an attempt that booking does not know are nothing to it', async () => {
    const { id } = await deliver(payments(), paymentCaptured)
    expect((await h.pool.query('SELECT 1 FROM inbox WHERE event_id = $1', [id])).rowCount).toBe(1)
  })
})

describe('account.reactivated', () => {
  const state = (userId: string, version: number) => ({ userId, version, roles: ['member' as const] })
  const deactivation = (userId: string, version: number) =>
    buildEvent(accountDeactivated, { ...state(userId, version), status: 'deactivated' }, { subject: userId })
  const reactivation = (userId: string, version: number) =>
    buildEvent(accountReactivated, { ...state(userId, version), status: 'active', reactivatedAt: '2026-01-05T09:00:00Z' }, { subject: userId })
  const request = (send: Any) => send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace({ hourMinor: 0 })) })

  test('lets the person book again, delivered once or twice, and deactivating again works', async () => {
    const { send, userId } = await h.as()
    await deliver(accounts(), accountDeactivated, { ...state(userId, 3), status: 'deactivated' })
    expect((await request(send)).status).toBe(403)
    await deliver(accounts(), accountReactivated, { ...state(userId, 4), status: 'active', reactivatedAt: '2026-01-05T09:00:00Z' })
    expect((await request(send)).status).toBe(201)
    await deliver(accounts(), accountDeactivated, { ...state(userId, 5), status: 'deactivated' })
    expect((await request(send)).status).toBe(403)
  })

  test('an older deactivation that comes later refuses nobody', async () => {
    const { send, userId } = await h.as()
    expect(await replayLate({ ...accounts(), topic: 'account' }, { dead: deactivation(userId, 3), meanwhile: [reactivation(userId, 4)] })).toBe('superseded')
    expect((await request(send)).status).toBe(201)
  })

  test('an older reactivation that comes later lets nobody in', async () => {
    const { send, userId } = await h.as()
    await deliver(accounts(), accountDeactivated, { ...state(userId, 3), status: 'deactivated' })
    expect(await replayLate({ ...accounts(), topic: 'account' }, { dead: reactivation(userId, 4), meanwhile: [deactivation(userId, 5)] })).toBe('superseded')
    expect((await request(send)).status).toBe(403)
  })
})

describe('account.deactivated', () => {
  const deactivate = async (userId: string, time = h.clock.now().toISOString()) => {
    const event = buildEvent(accountDeactivated, { ...accountDeactivated.example, userId }, { subject: userId, time })
    for (let times = 0; times < 2; times++) await deliverMessage(accounts(), 'account', event)
  }
  const settled = async (userId: string) =>
    (await h.pool.query('SELECT settled_at FROM deactivated_user WHERE user_id = $1', [userId])).rows[0].settled_at !== null

  // Transactions of the whole server count: other tests' too.
  const settleNow = (userId: string) =>
    waitFor(async () => {
      await settleDeactivations(h.deactivations, signal)
      return settled(userId)
    })

  test('cancels future bookings with a full refund and holds, leaves what has begun, and refuses new ones', async () => {
    const { send, userId, booking, show, space } = await book()
    space.policy = { cancellation: [{ noticeHours: 999, refundPercent: 100 }] }
    const second = await send('POST', '/v1/bookings', {
      body: buildRequest(space, { ...card, startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T13:00:00Z' }),
    })
    await send('POST', '/v1/holds', { body: buildRequest(h.fakes.addSpace()) })
    h.clock.set('2026-01-05T10:30:00Z')
    await deactivate(userId)
    await settleDeactivations(h.deactivations, signal)
    expect((await show()).status).toBe('confirmed')
    expect((await send('GET', `/v1/bookings/${second.body.id}`)).body).toMatchObject({ status: 'cancelled', refund: { amountMinor: 1200, percent: 100 } })
    expect((await h.events(second.body.id)).at(-1)!.data.reasonCode).toBe('deactivated')
    expect((await h.pool.query('SELECT used FROM counter WHERE key = $1', [`holds:${userId}`])).rows).toEqual([{ used: 0 }])
    expect((await send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace()) })).status).toBe(403)
    await settleNow(userId)
    expect((await h.events(booking.id)).length).toBe(2)
  })

  test('heard of late, it gives back what was still ahead when it happened, though that has begun since', async () => {
    const { userId, show, space } = await book()
    space.policy = { cancellation: [{ noticeHours: 999, refundPercent: 100 }] }
    h.clock.set('2026-01-05T10:05:00Z')
    await deactivate(userId, '2026-01-05T09:50:00Z')
    await settleDeactivations(h.deactivations, signal)
    expect(await show()).toMatchObject({ status: 'cancelled', refund: { percent: 100 } })
  })

  test('a claim held open between its check and its commit does not escape', async () => {
    const { userId } = await h.as()
    const client = await h.pool.connect()
    try {
      // A transaction id older than the deactivation's, and one newer: both miss the row, both must be waited for.
      await client.query('BEGIN')
      const now = h.clock.now()
      await createBookingStore(client).claim(buildClaim({ userId, now }), { now, by: { type: 'user', id: userId, traceparent: null } })
      const storing = await h.pool.connect()
      await storing.query('BEGIN')
      await eventEffects.storeDeactivation(storing, { userId, version: 1, deactivatedAt: now })
      const younger = await h.pool.connect()
      await younger.query('BEGIN')
      await createBookingStore(younger).claim(buildClaim({ userId, now }), { now, by: { type: 'user', id: userId, traceparent: null } })
      await storing.query('COMMIT')
      storing.release()
      await settleDeactivations(h.deactivations, signal)
      expect(await settled(userId)).toBe(false)
      await client.query('COMMIT')
      await settleDeactivations(h.deactivations, signal)
      expect(await settled(userId)).toBe(false)
      await younger.query('COMMIT')
      younger.release()
      await settleNow(userId)
      const { rows } = await h.pool.query('SELECT status, count(*)::integer AS n FROM booking WHERE user_id = $1 GROUP BY status', [userId])
      expect(rows).toEqual([{ status: 'cancelled', n: 2 }])
    } finally {
      client.release()
    }
  })
})

describe('workspace.closure-created and -deleted', () => {
  const handlers = onClosureEvents(eventEffects)
  const closureOf = (locationId: string, spaceIds: string[] | null) => ({
    closureId: newId(),
    version: 1,
    locationId,
    spaceIds,
    startsAt: '2026-01-05T10:00:00Z',
    endsAt: '2026-01-05T12:00:00Z',
  })

  test('a closed time is refused in booking, holding and checking; a deletion that overtakes its creation wins', async () => {
    const space = h.fakes.addSpace()
    const { send } = await h.as()
    const closure = closureOf(space.locationId, null)
    await deliver({ pool: h.pool, handlers }, closureCreated, closure)
    for (const path of ['/v1/bookings', '/v1/holds'])
      expect((await send('POST', path, { body: buildRequest(space) })).body.errors).toMatchObject([{ code: 'closed' }])
    expect((await send('POST', '/v1/bookings/check', { body: buildRequest(space) })).body.brokenRules).toMatchObject([{ code: 'closed' }])
    expect(
      (await send('POST', '/v1/bookings', { body: buildRequest(space, { startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T13:00:00Z' }) })).status,
    ).toBe(201)
    await deliver({ pool: h.pool, handlers }, closureDeleted, { ...closure, version: 2 })
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(201)
    const overtaken = closureOf(h.fakes.addSpace().locationId, null)
    await deliverMessage({ pool: h.pool, handlers }, 'workspace', buildEvent(closureDeleted, { ...overtaken, version: 2 }))
    await deliverMessage({ pool: h.pool, handlers }, 'workspace', buildEvent(closureCreated, overtaken))
    expect((await h.pool.query('SELECT deleted FROM closure WHERE id = $1', [overtaken.closureId])).rows).toEqual([{ deleted: true }])
  })

  test('notification is told whom it hits, and when that list is complete', async () => {
    const { booking, space, userId } = await book()
    const closure = closureOf(space.locationId, [space.id])
    await deliver({ pool: h.pool, handlers }, closureCreated, closure)
    const headers = await h.tokens.asService('notification')
    const ask = async () => (await h.app.inject({ method: 'GET', url: `/internal/closures/${closure.closureId}/bookings`, headers })).json()
    expect(await ask()).toEqual({ settled: false, items: [{ bookingId: booking.id, userId }] })
    // Transactions of the whole server count: other tests' too.
    await waitFor(async () => {
      await settleClosures(h.closures, signal)
      return (await ask()).settled
    })
    expect((await h.app.inject({ method: 'GET', url: `/internal/closures/${newId()}/bookings`, headers })).statusCode).toBe(404)
  })
})

describe('internal routes', () => {
  test('a booking for mail has names and words; people and undeclared services are refused', async () => {
    const member = await h.as()
    const made = await member.send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace(), { title: 'Plan' }) })
    const url = `/internal/bookings/${made.body.id}`
    const answer = await h.app.inject({ method: 'GET', url, headers: await h.tokens.asService('notification') })
    expect(answer.json()).toMatchObject({
      state: { bookingId: made.body.id, version: 2 },
      spaceName: 'Window desk',
      unitName: 'Desk 1',
      locationName: 'Mitte',
      title: 'Plan',
    })
    expect((await member.send('GET', url)).status).toBe(401)
    expect((await h.app.inject({ method: 'GET', url, headers: await h.tokens.asService('payment') })).statusCode).toBe(403)
    expect((await h.app.inject({ method: 'GET', url: `/internal/bookings/${newId()}`, headers: await h.tokens.asService('notification') })).statusCode).toBe(
      404,
    )
  })
})

test('the Prisma model is the migrated database', async () => {
  await assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), h.pool)
})
