import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '@alcove/testing'
import { authorizeAttempt, findAttempt } from '../src/domain/authorize-attempt.ts'
import { buildRequest, patience, startPayment, type Harness } from './harness.ts'

let payment: Harness
beforeAll(async () => {
  payment = await startPayment()
})
afterAll(() => payment.stop())

const callsOf = (attemptId: string) => payment.calls.filter((call) => call.endsWith(attemptId)).map((call) => call.split(' ')[0])
const readCharge = async (attemptId: string) => (await payment.pool.query('SELECT * FROM sandbox.charge WHERE key = $1', [attemptId])).rows[0]
const readEvents = async (attemptId: string) =>
  (await payment.pool.query("SELECT type FROM outbox WHERE data->>'attemptId' = $1 ORDER BY seq", [attemptId])).rows.map((row) => row.type as string)

describe('authorizing a card', () => {
  it('holds the money and never captures it', async () => {
    const request = buildRequest()
    const attempt = await authorizeAttempt(payment.process, request, patience)
    expect(attempt).toMatchObject({ attemptId: request.attemptId, status: 'authorized', reasonCode: null })
    expect(await readCharge(request.attemptId)).toMatchObject({ status: 'authorized', amount_minor: '1200', captured_minor: '0' })
    expect(await readEvents(request.attemptId)).toEqual(['payment.authorized.v1'])
  })

  it('is refused for a declined and for an unknown token, and says so again when repeated', async () => {
    for (const token of ['tok_declined', 'tok_unheard_of']) {
      const request = buildRequest({ token })
      expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'refused', reasonCode: 'payment-refused', paymentId: null })
      expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'refused', reasonCode: 'payment-refused' })
      expect(await readEvents(request.attemptId)).toEqual(['payment.failed.v1'])
    }
  })

  it('asks the provider once, however many ask at once from two processes, and all get the same answer', async () => {
    const request = buildRequest()
    const other = payment.startProcess()
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => authorizeAttempt(i % 2 ? other : payment.process, request, patience)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 'authorized' })
    expect(callsOf(request.attemptId)).toEqual(['authorize'])
  })

  it('gives the first answer to another body under the same attempt id', async () => {
    const request = buildRequest()
    const first = await authorizeAttempt(payment.process, request, patience)
    expect(await authorizeAttempt(payment.process, { ...request, amountMinor: 99, token: 'tok_declined' }, patience)).toEqual(first)
    expect(await readCharge(request.attemptId)).toMatchObject({ amount_minor: '1200' })
  })

  it('answers processing while a slow provider thinks, and goes on without the caller', async () => {
    const request = buildRequest({ token: 'tok_slow' })
    expect(await authorizeAttempt(payment.process, request, { waitMs: 20 })).toMatchObject({ status: 'processing', paymentId: null })
    await waitFor(async () => (await findAttempt(payment.process, request.attemptId, { waitMs: 0 }))?.status === 'authorized')
    expect(callsOf(request.attemptId)).toEqual(['authorize'])
  })

  it('asks the provider, and does not authorize again, after a lost answer', async () => {
    const request = buildRequest({ token: 'tok_lost' })
    expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'processing' })
    expect(await readCharge(request.attemptId)).toMatchObject({ status: 'authorized' })
    expect(await findAttempt(payment.process, request.attemptId, patience)).toMatchObject({ status: 'authorized' })
    expect(callsOf(request.attemptId)).toEqual(['authorize', 'find'])
    expect((await payment.pool.query('SELECT count(*)::int AS n FROM sandbox.charge WHERE key = $1', [request.attemptId])).rows[0].n).toBe(1)
  })

  it('forgets the token once the provider has decided', async () => {
    const request = buildRequest()
    await authorizeAttempt(payment.process, request, patience)
    expect((await payment.pool.query('SELECT token FROM attempt WHERE id = $1', [request.attemptId])).rows[0].token).toBeNull()
  })

  it('knows nothing of an attempt it has never seen', async () => {
    expect(await findAttempt(payment.process, buildRequest().attemptId, patience)).toBeUndefined()
  })
})

describe('an authorize that comes after its void', () => {
  it('is refused and changes nothing at the provider', async () => {
    const request = buildRequest()
    await payment.deliverTarget({ bookingId: request.bookingId, version: 2, attempts: [{ attemptId: request.attemptId, keepMinor: 0 }] })
    expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'refused', reasonCode: 'voided' })
    expect(await findAttempt(payment.process, request.attemptId, patience)).toMatchObject({ status: 'refused', reasonCode: 'voided' })
    await payment.settleAll()
    expect(callsOf(request.attemptId)).toEqual([])
    expect(await readCharge(request.attemptId)).toBeUndefined()
  })

  it('is refused after a release, for card and for credits', async () => {
    for (const method of ['card', 'credits'] as const) {
      const request = buildRequest({ method })
      await payment.attempts.storeRelease(request.attemptId, { now: payment.clock.now(), realNow: payment.realNow() })
      expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'refused', reasonCode: 'voided' })
    }
  })

  it('ends without money held, whichever of the two comes first by a hair', async () => {
    const requests = Array.from({ length: 40 }, () => buildRequest())
    await Promise.all(
      requests.flatMap((request) => [
        authorizeAttempt(payment.process, request, patience),
        payment.deliverTarget({ bookingId: request.bookingId, version: 2, attempts: [{ attemptId: request.attemptId, keepMinor: 0 }] }),
      ]),
    )
    await payment.settleAll()
    for (const { attemptId } of requests) {
      expect(await findAttempt(payment.process, attemptId, patience)).toMatchObject({ status: 'refused', reasonCode: 'voided' })
      expect(['voided', undefined]).toContain((await readCharge(attemptId))?.status)
    }
    expect((await payment.pool.query('SELECT * FROM payment_difference WHERE kind <> $1', ['undecided'])).rows).toEqual([])
  })
})

describe('authorizing by credits', () => {
  const grant = async (userId: string, amountCredits: number, expiresInHours?: number) => {
    const wallet = await payment.wallets.ensure(userId, payment.clock.now())
    const expiresAt = expiresInHours === undefined ? undefined : new Date(payment.clock.now().getTime() + expiresInHours * 3_600_000)
    const actor = { userId, requestId: 'r', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', address: null }
    await payment.wallets.grant({
      id: payment.process.newId(),
      walletId: wallet.id,
      userId: wallet.userId,
      amountCredits,
      reason: 'test',
      expiresAt,
      actor,
      now: payment.clock.now(),
    })
  }

  it('reserves them from the bucket that expires first', async () => {
    const request = buildRequest({ method: 'credits', amountCredits: 30 })
    await grant(request.userId, 100)
    await grant(request.userId, 20, 48)
    await grant(request.userId, 5, 24)
    expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'authorized' })
    const wallet = await payment.wallets.ensure(request.userId, payment.clock.now())
    expect(wallet.balanceCredits).toBe(95)
    expect(wallet.buckets.map((bucket) => bucket.balanceCredits)).toEqual([95])
  })

  it('is refused for good with too few, counting nothing that has expired', async () => {
    const request = buildRequest({ method: 'credits', amountCredits: 30 })
    await grant(request.userId, 29)
    await grant(request.userId, 50, 1)
    payment.clock.advance({ hours: 1 })
    expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'refused', reasonCode: 'insufficient-credits' })
    expect(await readEvents(request.attemptId)).toEqual(['payment.failed.v1'])
  })

  it('never spends the same credit twice when many ask at once', async () => {
    const userId = buildRequest().userId
    await grant(userId, 100)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => authorizeAttempt(payment.process, buildRequest({ userId, method: 'credits', amountCredits: 30 }), patience)),
    )
    expect(answers.filter((answer) => answer.status === 'authorized')).toHaveLength(3)
    expect((await payment.wallets.ensure(userId, payment.clock.now())).balanceCredits).toBe(10)
  })
})
