import { randomUUID } from 'node:crypto'
import { findEventType } from '@alcove/contracts'
import { compileBody } from '@alcove/kit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authorizeAttempt, findAttempt } from '../src/domain/authorize-attempt.ts'
import { paymentKillPoints } from '../src/domain/kill-points.ts'
import type { AttemptRequest } from '../src/domain/attempt.ts'
import { settleAttempt } from '../src/domain/settle-attempt.ts'
import { buildRequest, Killed, startPayment, type Harness } from './harness.ts'

let payment: Harness
beforeAll(async () => {
  payment = await startPayment({ slowMs: 30 })
})
afterAll(() => payment.stop())

const actor = { userId: randomUUID(), requestId: 'r', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', address: null }
const attemptsMax = 3

type Step =
  | { do: 'authorize'; attempt: number; times: number }
  | { do: 'target'; attempt: number; keepPercent: number | null; age: number }
  | { do: 'release'; attempt: number }
  | { do: 'refund'; attempt: number; percent: number }
  | { do: 'work' }
  | { do: 'wait'; hours: number }
  | { do: 'ask'; attempt: number }
  | { do: 'die'; at: string; skip: number }

const attempt = fc.nat(attemptsMax - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('authorize' as const), attempt, times: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('target' as const),
      attempt,
      keepPercent: fc.constantFrom(null, 0, 0, 30, 70, 100, 100),
      age: fc.constantFrom(0, 0, 0, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), attempt }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refund' as const), attempt, percent: fc.constantFrom(10, 50, 100) }) },
  { weight: 5, arbitrary: fc.constant({ do: 'work' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 2, 800) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), attempt }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('die' as const), at: fc.constantFrom(...paymentKillPoints), skip: fc.nat(1) }) },
)
type Kind = { method: 'card'; token: string } | { method: 'credits'; token: undefined }
const kinds: fc.Arbitrary<Kind[]> = fc.array(
  fc.oneof(
    fc.record({ method: fc.constant('card' as const), token: fc.constantFrom('tok_ok', 'tok_ok', 'tok_lost', 'tok_slow', 'tok_declined') }),
    fc.record({ method: fc.constant('credits' as const), token: fc.constant(undefined) }),
  ),
  { minLength: attemptsMax, maxLength: attemptsMax },
)

async function take(requests: AttemptRequest[], versions: number[], next: Step): Promise<void> {
  const { now, realNow, newId } = payment.process
  if (next.do === 'die') {
    payment.arm(next.at, next.skip)
    return
  }
  if (next.do === 'wait') {
    // Buckets expire, also while credits of theirs are spent.
    payment.clock.advance({ hours: next.hours })
    await payment.wallets.expire(payment.clock.now(), 100)
    return
  }
  if (next.do === 'work') {
    const at = realNow()
    const [work] = await payment.attempts.claim({ lease: payment.process.leases.grant(at), realNow: at, limit: 1 })
    if (work) await settleAttempt(payment.process, work)
    return
  }
  const request = requests[next.attempt]!
  if (next.do === 'authorize') {
    const answers = await Promise.allSettled(Array.from({ length: next.times }, () => authorizeAttempt(payment.process, request, { waitMs: 200 })))
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
  }
  if (next.do === 'ask') await findAttempt(payment.process, request.attemptId, { waitMs: 200 })
  if (next.do === 'release') {
    payment.reach('payment.release.received')
    await payment.attempts.storeRelease(request.attemptId, { now: now(), realNow: realNow() })
    payment.reach('payment.release.stored')
  }
  if (next.do === 'target') {
    if (next.age === 0) versions[next.attempt]! += 1
    const amount = request.method === 'card' ? request.amountMinor : request.amountCredits
    const keep = next.keepPercent === null ? null : Math.round((amount * next.keepPercent) / 100)
    const { attemptId, method, amountMinor, amountCredits, bookingId } = request
    const version = Math.max(1, versions[next.attempt]! - next.age)
    // A version is decided once: what comes late is a repeat of an old one and must not matter, so it says something else.
    await payment.deliverTarget({
      bookingId,
      version: next.age === 0 ? version : Math.max(1, version - 1),
      attempts: [{ attemptId, method, amountMinor, amountCredits, ...(method === 'card' ? { keepMinor: keep } : { keepCredits: keep }) }],
    })
  }
  if (next.do === 'refund') {
    const { rows } = await payment.pool.query('SELECT id FROM payment WHERE attempt_id = $1', [request.attemptId])
    const amount = Math.ceil(((request.method === 'card' ? request.amountMinor : request.amountCredits) * next.percent) / 100)
    const before = { userId: actor.userId, method: request.method, refundedMinor: 0, refundedCredits: 0 }
    if (rows[0]) await payment.refunds.write({ id: newId(), paymentId: rows[0].id, before, amount, reason: 'x', actor, now: now(), realNow: realNow() })
  }
}

/** One run that passes every kill point, so that none of them is tested by luck alone. */
const everyPlace: [Kind[], Step[]] = [
  [
    { method: 'card', token: 'tok_ok' },
    { method: 'credits', token: undefined },
    { method: 'card', token: 'tok_ok' },
  ],
  [
    ...[0, 1, 2].map((index): Step => ({ do: 'authorize', attempt: index, times: 1 })),
    ...[0, 1].map((index): Step => ({ do: 'target', attempt: index, keepPercent: 100, age: 0 })),
    { do: 'release', attempt: 2 },
    ...Array.from({ length: 3 }, (): Step => ({ do: 'work' })),
    ...[0, 1].map((index): Step => ({ do: 'target', attempt: index, keepPercent: 30, age: 0 })),
    ...Array.from({ length: 2 }, (): Step => ({ do: 'work' })),
  ],
]

/** Provider's books, payments, ledger and wallets tell one story. */
async function assertAddsUp(attemptIds: string[]): Promise<void> {
  const { rows: apart } = await payment.pool.query(
    `SELECT c.key, c.status AS charge, p.status AS payment, a.status AS attempt FROM sandbox.charge c
     FULL JOIN (SELECT * FROM payment WHERE method = 'card') p ON p.attempt_id::text = c.key LEFT JOIN attempt a ON a.id::text = c.key
     WHERE p.id IS NULL OR c.captured_minor IS DISTINCT FROM p.captured_minor OR c.refunded_minor IS DISTINCT FROM p.refunded_minor
       OR p.status <> CASE WHEN c.status = 'refused' THEN 'failed' WHEN c.refunded_minor > 0 AND c.refunded_minor = c.captured_minor THEN 'refunded' ELSE c.status END`,
  )
  expect(apart).toEqual([])
  const { rows: off } = await payment.pool.query(
    `SELECT account, unit, balance, expected FROM (
       SELECT 'wallet:' || w.id AS account, 'credits' AS unit, w.balance_credits AS expected FROM wallet w
       UNION ALL SELECT 'wallet:' || b.wallet_id, 'credits', sum(b.balance_credits)::bigint FROM wallet_bucket b GROUP BY 1
       UNION ALL SELECT 'reserve:credits', 'credits', COALESCE(sum(amount_credits), 0)::bigint FROM payment WHERE status = 'authorized'
       UNION ALL SELECT 'revenue:credits', 'credits', COALESCE(sum(captured_credits - refunded_credits), 0)::bigint FROM payment
       UNION ALL SELECT 'revenue:card', currency, sum(captured_minor - refunded_minor)::bigint FROM payment WHERE method = 'card' GROUP BY currency
       UNION ALL SELECT 'provider:card', currency, -sum(captured_minor - refunded_minor)::bigint FROM payment WHERE method = 'card' GROUP BY currency
     ) e LEFT JOIN account_balance USING (account, unit) WHERE COALESCE(balance, 0) <> expected`,
  )
  expect(off).toEqual([])
  // Each bucket by its own rows, and nothing comes back into one that has expired.
  const { rows: buckets } = await payment.pool.query(
    `SELECT b.id, b.balance_credits, COALESCE(sum(CASE WHEN e.credit_account = 'wallet:' || b.wallet_id THEN e.amount
         WHEN e.debit_account = 'wallet:' || b.wallet_id THEN -e.amount END), 0)::bigint AS moved
       FROM wallet_bucket b LEFT JOIN ledger_entry e ON e.bucket_id = b.id GROUP BY b.id
     HAVING b.balance_credits <> COALESCE(sum(CASE WHEN e.credit_account = 'wallet:' || b.wallet_id THEN e.amount
         WHEN e.debit_account = 'wallet:' || b.wallet_id THEN -e.amount END), 0)`,
  )
  expect(buckets).toEqual([])
  const late = `SELECT e.id FROM ledger_entry e JOIN wallet_bucket b ON b.id = e.bucket_id WHERE e.kind IN ('release', 'refund') AND b.expires_at <= e.at`
  expect((await payment.pool.query(late)).rows).toEqual([])
  expect((await payment.pool.query('SELECT unit, sum(balance) AS sum FROM account_balance GROUP BY unit HAVING sum(balance) <> 0')).rows).toEqual([])
  const { rows: different } = await payment.pool.query(
    `SELECT * FROM payment_difference WHERE attempt_id = ANY ($1) AND (settling OR kind IN ('kept-too-much', 'unsettled'))`,
    [attemptIds],
  )
  expect(different).toEqual([])
  const { rows: gaps } = await payment.pool.query(
    `SELECT key FROM (SELECT key, (data->>'version')::int AS version, row_number() OVER (PARTITION BY key ORDER BY seq) AS n FROM outbox) o WHERE version <> n`,
  )
  expect(gaps).toEqual([])
}

describe('whatever happens in whatever order, with deaths in between', () => {
  it('provider, payments, ledger and wallets agree once everything has come to rest', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, fc.array(step, { minLength: 5, maxLength: 25 }), async (wanted, steps) => {
        const userId = randomUUID()
        const wallet = await payment.wallets.ensure(userId, payment.clock.now())
        for (const expiresInHours of [1, 2, undefined]) {
          const expiresAt = expiresInHours === undefined ? undefined : new Date(payment.clock.now().getTime() + expiresInHours * 3_600_000)
          await payment.wallets.grant({
            id: payment.process.newId(),
            walletId: wallet.id,
            userId: wallet.userId,
            amountCredits: 20,
            reason: 'test',
            expiresAt,
            actor,
            now: payment.clock.now(),
          })
        }
        const requests = wanted.map((kind) => buildRequest({ ...kind, userId }))
        const versions = requests.map(() => 0)
        for (const next of steps) {
          try {
            await take(requests, versions, next)
          } catch (error) {
            if (!(error instanceof Killed)) throw error
            payment.restart()
          }
        }
        payment.disarm()
        payment.restart()
        await payment.settleAll()
        await assertAddsUp(requests.map(({ attemptId }) => attemptId))
        for (const request of requests) {
          // A late authorize changes nothing once everything is settled and the booking wants nothing kept.
          const before = await payment.pool.query('SELECT to_jsonb(p) FROM payment p WHERE attempt_id = $1', [request.attemptId])
          const { rows } = await payment.pool.query('SELECT 1 FROM attempt WHERE id = $1', [request.attemptId])
          if (rows.length === 0) continue
          await authorizeAttempt(payment.process, request, { waitMs: 1000 })
          expect((await payment.pool.query('SELECT to_jsonb(p) FROM payment p WHERE attempt_id = $1', [request.attemptId])).rows).toEqual(before.rows)
        }
      }),
      { numRuns: 100, examples: [everyPlace] },
    )
  }, 120_000)

  it('reaches every kill point on the way', () => {
    expect(paymentKillPoints.filter((name) => !payment.reached.has(name))).toEqual([])
  })

  it('publishes only events that contracts describe', async () => {
    const { rows } = await payment.pool.query('SELECT DISTINCT ON (type) type, data FROM outbox ORDER BY type, seq')
    expect(rows.length).toBeGreaterThan(6)
    for (const { type, data } of rows) {
      const validate = compileBody(findEventType('payment', type)!.data)
      expect([type, validate(data), validate.errors]).toEqual([type, true, null])
    }
  })
})
