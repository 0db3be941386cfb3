import { newId } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Harness } from './app-builders.ts'
import { buildClaim } from './claim-builders.ts'
import { createBookingStore } from '../src/db/booking-store.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => {
  h.clock.set(monday)
  h.fakes.payment.behave('authorize')
})
afterAll(() => h.close())

/** A booking that waits for payment with no attempt open, as after an approval. */
async function buildUnpaid() {
  const member = await h.as()
  const now = h.clock.now()
  const input = { ...buildClaim({ userId: member.userId, status: 'pending_payment', total: 1200, now }), attempt: undefined }
  const claimed = await createBookingStore(h.pool).claim(input, { now, by: { type: 'user', id: member.userId, traceparent: null } })
  if (claimed.outcome !== 'claimed') throw new Error('not claimed')
  const pay = (headers: Record<string, string> = {}) => member.send('POST', `/v1/bookings/${claimed.booking.id}/pay`, { body: card, headers })
  return { id: claimed.booking.id, pay, ...member }
}

describe('POST /v1/bookings/{id}/pay', () => {
  test('200: confirms what waited', async () => {
    const { pay } = await buildUnpaid()
    expect(await pay()).toMatchObject({ status: 200, body: { status: 'confirmed', payment: { method: 'card', status: 'authorized' } } })
    expect((await pay()).body.type).toBe('/problems/illegal-transition')
  })

  test('402: it goes on waiting, and each new try has a new attempt', async () => {
    const { pay, send, id } = await buildUnpaid()
    h.fakes.payment.behave('refuse')
    expect((await pay()).status).toBe(402)
    expect((await send('GET', `/v1/bookings/${id}`)).body).toMatchObject({ status: 'pending_payment' })
    h.fakes.payment.behave('authorize')
    expect((await pay()).status).toBe(200)
    const { rows } = await h.pool.query('SELECT status FROM attempt WHERE booking_id = $1 ORDER BY created_at, id', [id])
    expect(rows.map(({ status }) => status).sort()).toEqual(['authorized', 'refused'])
    expect(
      (await h.events(id))
        .at(-1)!
        .data.attempts.map(({ keepMinor }: { keepMinor: number }) => keepMinor)
        .sort(),
    ).toEqual([0, 1200])
  })

  test('202 while unanswered; another try meanwhile is 409; reconciliation confirms it, once', async () => {
    const { pay, send, id } = await buildUnpaid()
    h.fakes.payment.behave('lose-answer')
    const key = { 'idempotency-key': 'pay' }
    expect(await pay(key)).toMatchObject({ status: 202, body: { status: 'pending_payment', payment: { status: 'pending' } } })
    expect((await pay(key)).status).toBe(202)
    expect((await pay()).body.type).toBe('/problems/illegal-transition')
    h.clock.advance({ seconds: 10 })
    await Promise.all([h.settle(), h.settle()])
    expect((await send('GET', `/v1/bookings/${id}`)).body).toMatchObject({ status: 'confirmed', version: 2 })
    expect((await h.events(id)).filter(({ type }) => type === 'booking.confirmed.v1')).toHaveLength(1)
  })

  test('503 when nothing was sent: the key is free and the booking waits', async () => {
    const { pay } = await buildUnpaid()
    h.fakes.payment.behave('unsent')
    const key = { 'idempotency-key': 'unsent' }
    expect((await pay(key)).status).toBe(503)
    h.fakes.payment.behave('authorize')
    expect((await pay(key)).status).toBe(200)
  })

  test('404 for another member', async () => {
    const { id } = await buildUnpaid()
    expect((await (await h.as()).send('POST', `/v1/bookings/${id}/pay`, { body: card })).status).toBe(404)
    expect((await (await h.as()).send('POST', `/v1/bookings/${newId()}/pay`, { body: card })).status).toBe(404)
  })
})

describe('reconciliation', () => {
  const book = async (behaviour: 'lose-request' | 'lose-answer' | 'processing') => {
    h.fakes.payment.behave(behaviour)
    const member = await h.as()
    const { body } = await member.send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace({ hourMinor: 700 }), card) })
    expect(body.status).toBe('pending_payment')
    return { id: body.id as string, show: async () => (await member.send('GET', `/v1/bookings/${body.id}`)).body }
  }

  test('sends an attempt that payment has never seen again, under its own id and with its token', async () => {
    const { show, id } = await book('lose-request')
    h.fakes.payment.behave('authorize')
    h.clock.advance({ seconds: 9 })
    await h.settle()
    expect((await show()).status).toBe('pending_payment')
    h.clock.advance({ seconds: 1 })
    await h.settle()
    expect((await show()).status).toBe('confirmed')
    const { rows } = await h.pool.query('SELECT id FROM attempt WHERE booking_id = $1', [id])
    expect(h.fakes.payment.sent.filter(({ attemptId }) => attemptId === rows[0].id)).toMatchObject([{ token: 'tok_ok', amountMinor: 700 }])
  })

  test('asks again while payment is at it, and cancels when it says no', async () => {
    const { show, id } = await book('processing')
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect((await show()).status).toBe('pending_payment')
    const { rows } = await h.pool.query('SELECT id FROM attempt WHERE booking_id = $1', [id])
    h.fakes.payment.decide(rows[0].id, 'refused', 'payment-refused')
    await h.settle()
    expect(await show()).toMatchObject({ status: 'cancelled', version: 2 })
  })

  test('an answer that comes after the expiry confirms nothing and keeps nothing', async () => {
    const { show, id } = await book('lose-answer')
    h.clock.advance({ minutes: 10 })
    await h.settle()
    expect(await show()).toMatchObject({ status: 'expired' })
    expect((await h.events(id)).at(-1)!.data.attempts).toMatchObject([{ keepMinor: 0, keepCredits: 0 }])
  })

  test('one attempt that fails to be asked does not keep the others waiting', async () => {
    const [first, second] = [await book('lose-answer'), await book('lose-answer')]
    const { rows } = await h.pool.query('SELECT id FROM attempt WHERE booking_id = $1', [first!.id])
    const { findAttempt } = h.fakes.payment.payments
    h.fakes.payment.payments.findAttempt = async (id) => {
      if (id === rows[0].id) throw new Error('down')
      return findAttempt(id)
    }
    h.clock.advance({ seconds: 10 })
    const failures: unknown[] = []
    await h.settle((error) => failures.push(error))
    h.fakes.payment.payments.findAttempt = findAttempt
    expect(failures).toHaveLength(1)
    expect([(await first!.show()).status, (await second!.show()).status]).toEqual(['pending_payment', 'confirmed'])
  })
})
