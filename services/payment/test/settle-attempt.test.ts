import { bookingConfirmed } from '@alcove/contracts'
import { buildEvent, replayLate, waitFor } from '@alcove/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { authorizeAttempt, findAttempt } from '../src/domain/authorize-attempt.ts'
import { ProviderUnavailable, type PaymentProvider } from '../src/domain/provider.ts'
import { settleAttempt } from '../src/domain/settle-attempt.ts'
import { createSettlementWorker } from '../src/jobs/settle-attempts.ts'
import { buildRequest, patience, startPayment, type Harness } from './harness.ts'

let payment: Harness
beforeAll(async () => {
  payment = await startPayment()
})
afterAll(() => payment.stop())
beforeEach(() => payment.disarm())

const callsOf = (attemptId: string) => payment.calls.filter((call) => call.endsWith(attemptId)).map((call) => call.split(' ')[0])
const readPayment = async (attemptId: string) => (await payment.pool.query('SELECT * FROM payment WHERE attempt_id = $1', [attemptId])).rows[0]
const readEvents = async (attemptId: string) =>
  (await payment.pool.query("SELECT type, data FROM outbox WHERE data->>'attemptId' = $1 ORDER BY seq", [attemptId])).rows as {
    type: string
    data: { version: number }
  }[]
const readCharge = async (attemptId: string) => payment.sandbox.find(attemptId)

async function authorize(request = buildRequest()) {
  expect(await authorizeAttempt(payment.process, request, patience)).toMatchObject({ status: 'authorized' })
  return request
}
const target = (request: { bookingId: string; attemptId: string }, version: number, keepMinor: number | null) =>
  payment.deliverTarget({ bookingId: request.bookingId, version, attempts: [{ attemptId: request.attemptId, keepMinor }] })

describe('moving the money of a card to what its booking wants', () => {
  it('leaves it authorized while the booking has not decided', async () => {
    const request = await authorize()
    await target(request, 1, null)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'authorized' })
    expect(callsOf(request.attemptId)).toEqual(['authorize'])
  })

  it('captures all, once, and says so with rising versions', async () => {
    const request = await authorize()
    await target(request, 1, null)
    await target(request, 2, 1200)
    await payment.settleAll()
    await target(request, 3, 1200)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', captured_minor: '1200', refunded_minor: '0' })
    expect(callsOf(request.attemptId)).toEqual(['authorize', 'capture'])
    expect((await readEvents(request.attemptId)).map(({ type, data }) => [type, data.version])).toEqual([
      ['payment.authorized.v1', 1],
      ['payment.captured.v1', 2],
    ])
  })

  it('takes what two versions of one event say once', async () => {
    const request = await authorize()
    await target(request, 2, 700)
    await target(request, 2, 700)
    await payment.settleAll()
    expect(callsOf(request.attemptId)).toEqual(['authorize', 'capture'])
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', captured_minor: '700' })
  })

  it('captures a part and lets the rest go', async () => {
    const request = await authorize()
    await target(request, 2, 500)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', captured_minor: '500' })
    expect(await readCharge(request.attemptId)).toMatchObject({ status: 'captured', capturedMinor: 500 })
  })

  it('voids what was not captured and refunds what was', async () => {
    const open = await authorize()
    await target(open, 2, 0)
    const captured = await authorize()
    await target(captured, 2, 1200)
    await payment.settleAll()
    await target(captured, 3, 0)
    await payment.settleAll()
    expect(await readPayment(open.attemptId)).toMatchObject({ status: 'voided' })
    expect(await readPayment(captured.attemptId)).toMatchObject({ status: 'refunded', captured_minor: '1200', refunded_minor: '1200' })
    expect((await readEvents(captured.attemptId)).map(({ type }) => type)).toEqual(['payment.authorized.v1', 'payment.captured.v1', 'payment.refunded.v1'])
  })

  it('refunds the difference when less is to be kept, step by step', async () => {
    const request = await authorize()
    for (const [version, keep] of [
      [2, 1200],
      [3, 900],
      [4, 300],
    ] as const) {
      await target(request, version, keep)
      await payment.settleAll()
    }
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', refunded_minor: '900' })
    expect((await readCharge(request.attemptId))?.refunds.map(({ amountMinor }) => amountMinor)).toEqual([300, 600])
  })

  it('ignores an older version and a repeat of the same one', async () => {
    const request = await authorize()
    await target(request, 5, 1200)
    await target(request, 4, 0)
    await target(request, 5, 0)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', captured_minor: '1200' })
  })

  it('takes a replayed older target as superseded, and one that is the newest as its own', async () => {
    const request = await authorize()
    const build = (version: number, keepMinor: number | null) => {
      const [attempt] = bookingConfirmed.example.attempts
      const attempts = [{ ...attempt!, attemptId: request.attemptId, keepMinor }]
      return buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId: request.bookingId, version, attempts })
    }
    const options = { pool: payment.pool, handlers: [payment.bookingHandler], topic: 'booking' as const }
    expect(await replayLate(options, { dead: build(2, null), meanwhile: [] })).toBe('applied')
    expect(await replayLate(options, { dead: build(3, 0), meanwhile: [build(4, 1200)] })).toBe('superseded')
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', captured_minor: '1200' })
    expect(await replayLate(options, { dead: build(5, 0), meanwhile: [] })).toBe('applied')
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ refunded_minor: '1200' })
  })

  it('counts what an operator gave back as given back when the booking wants less kept', async () => {
    const request = await authorize()
    await target(request, 2, 1200)
    await payment.settleAll()
    const { id } = await readPayment(request.attemptId)
    const write = (amount: number) =>
      payment.refunds.write({
        id: payment.process.newId(),
        paymentId: id,
        amount,
        before: { userId: request.userId, method: 'card', refundedMinor: 0, refundedCredits: 0 },
        reason: 'noise',
        actor: { userId: request.userId, requestId: 'r', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', address: null },
        now: payment.clock.now(),
        realNow: payment.realNow(),
      })
    expect(await write(400)).toHaveProperty('refundId')
    await payment.settleAll()
    await target(request, 3, 600)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured', refunded_minor: '600' })
    expect(await write(601)).toEqual({ refundable: 600 })
  })

  it('gives up a capture that the provider refuses for good and says so', async () => {
    const request = await authorize()
    await payment.pool.query("UPDATE sandbox.charge SET status = 'expired' WHERE key = $1", [request.attemptId])
    await target(request, 2, 1200)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'failed', reason_code: 'capture-refused' })
    expect((await readEvents(request.attemptId)).at(-1)).toMatchObject({ type: 'payment.failed.v1', data: { reasonCode: 'capture-refused', status: 'failed' } })
    const { rows } = await payment.pool.query('SELECT kind, settling FROM payment_difference WHERE attempt_id = $1', [request.attemptId])
    expect(rows).toEqual([{ kind: 'kept-too-little', settling: false }])
  })

  it('voids an attempt that booking released, whatever its events say', async () => {
    const request = await authorize()
    await payment.attempts.storeRelease(request.attemptId, { now: payment.clock.now(), realNow: payment.realNow() })
    expect(await findAttempt(payment.process, request.attemptId, patience)).toMatchObject({ status: 'refused', reasonCode: 'voided' })
    await target(request, 9, 1200)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'voided' })
  })
})

describe('a provider that gives no answer', () => {
  const broken = (failures: number, effect: 'before' | 'after'): PaymentProvider => {
    let left = failures
    const flaky =
      <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        payment.calls.push(`${name} ${JSON.stringify(args[0]).match(/[0-9a-f-]{36}/)?.[0]}`)
        if (left > 0 && effect === 'before') {
          left -= 1
          throw new ProviderUnavailable('connection refused')
        }
        const answer = await call(...args)
        if (left > 0 && name !== 'find') {
          left -= 1
          throw new ProviderUnavailable('connection reset')
        }
        return answer
      }
    const { sandbox } = payment
    return {
      authorize: flaky('authorize', sandbox.authorize),
      capture: flaky('capture', sandbox.capture),
      void: flaky('void', sandbox.void),
      refund: flaky('refund', sandbox.refund),
      find: flaky('find', sandbox.find),
    }
  }

  it('never exhausts an attempt', async () => {
    const request = await authorize()
    await target(request, 2, 1200)
    await payment.settleAll(payment.startProcess({ provider: broken(30, 'before') }))
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured' })
  })

  it('is asked before the next step when an answer was lost', async () => {
    const request = await authorize()
    await target(request, 2, 1200)
    await payment.settleAll(payment.startProcess({ provider: broken(1, 'after') }))
    await target(request, 3, 200)
    await payment.settleAll(payment.startProcess({ provider: broken(1, 'after') }))
    expect(callsOf(request.attemptId)).toEqual(['authorize', 'capture', 'find', 'refund', 'find'])
    expect(await readPayment(request.attemptId)).toMatchObject({ captured_minor: '1200', refunded_minor: '1000' })
    expect((await readCharge(request.attemptId))?.refunds).toHaveLength(1)
  })
})

describe('the lease of an attempt', () => {
  const claim = (deps = payment.process, attemptId?: string) => {
    const realNow = payment.realNow()
    return payment.attempts.claim({ lease: deps.leases.grant(realNow), realNow, limit: 10, attemptId })
  }

  it('lets one worker in, and the next when the process died', async () => {
    const request = await authorize()
    await target(request, 2, 1200)
    const [work] = await claim()
    expect(work?.attempt.id).toBe(request.attemptId)
    expect(await claim(payment.startProcess(), request.attemptId)).toEqual([])
    payment.advanceReal(5000)
    const [again] = await claim(payment.startProcess())
    expect(again).toMatchObject({ unfinishedBefore: true, attempt: { id: request.attemptId } })
    payment.advanceReal(5000)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'captured' })
  })

  it('is not given back over a target that came while it was held', async () => {
    const request = await authorize()
    await target(request, 2, 1200)
    const [work] = await claim()
    await target(request, 3, 0)
    await settleAttempt(payment.process, work!)
    await payment.settleAll()
    expect(await readPayment(request.attemptId)).toMatchObject({ status: 'refunded' })
  })

  it('is worked off by several workers at once without doing anything twice', async () => {
    const requests = await Promise.all(Array.from({ length: 20 }, () => authorize()))
    const log = { warn: () => undefined, error: () => undefined } as never
    const workers = [0, 1, 2].map(() => createSettlementWorker({ ...payment.startProcess(), log, concurrency: 4, pollMs: 20, onSettled: () => undefined }))
    for (const worker of workers) await worker.start?.()
    await Promise.all(requests.map((request) => target(request, 2, 1200)))
    for (const worker of workers) worker.wake()
    await waitFor(async () => (await Promise.all(requests.map(({ attemptId }) => readPayment(attemptId)))).every((row) => row.status === 'captured'))
    for (const worker of workers) await worker.stop?.()
    for (const { attemptId } of requests) expect(callsOf(attemptId)).toEqual(['authorize', 'capture'])
  })
})
