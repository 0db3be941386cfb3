import { dependencyUnavailable, refusedPayment } from '../errors.ts'
import type { BookingRecord, By, NewAttempt } from './booking.ts'
import type { BookingKillPoint } from './kill-points.ts'
import type { AttemptEnd, BookingStore, CallScope, Metrics, Payments } from './ports.ts'

export interface AuthorizeDeps {
  store: BookingStore
  payments: Payments
  metrics: Metrics
  now: () => Date
  reach: (name: BookingKillPoint) => void
  /** Keeps the process from ending before this is done, whoever has stopped waiting. */
  carryOn: (work: Promise<unknown>) => void
}

export interface AuthorizeInput {
  attempt: NewAttempt
  booking: Pick<BookingRecord, 'id' | 'userId'>
  by: By
  step: 'create' | 'pay' | 'change'
}

export type AuthorizeOutcome = { end: AttemptEnd | 'abandoned'; booking: BookingRecord } | { end: 'unanswered' }

/**
 * Sends a stored attempt to payment and settles it in one statement. Answers `unanswered` for anything that is neither
 * authorized nor refused: reconciliation asks again. The attempt's id makes every repeat the same payment.
 */
export async function authorizePayment(deps: AuthorizeDeps, input: AuthorizeInput, scope: CallScope): Promise<AuthorizeOutcome> {
  const { attempt, booking, by, step } = input
  const answer = await deps.payments.authorize({ attempt, bookingId: booking.id, userId: booking.userId }, scope)
  deps.reach(`${step}.after-authorize`)
  if (answer.kind === 'unanswered') return { end: 'unanswered' }
  if (answer.kind === 'answered' && answer.attempt.status === 'processing') {
    if (answer.attempt.nextAction) await deps.store.noteNextAction(attempt.id, answer.attempt.nextAction)
    return { end: 'unanswered' }
  }
  const status: AttemptEnd = answer.kind === 'unsent' ? 'unsent' : answer.attempt.status === 'authorized' ? 'authorized' : 'refused'
  const seen = answer.kind === 'answered' ? answer.attempt : undefined
  const settled = await deps.store.settleAttempt(
    { attemptId: attempt.id, status, paymentId: seen?.paymentId ?? null, reason: status === 'refused' ? (seen?.reasonCode ?? 'payment-refused') : null },
    { now: deps.now(), by },
  )
  deps.reach(`${step}.after-settle`)
  deps.metrics.settled(status)
  if (!settled) throw new Error(`attempt ${attempt.id} has disappeared`)
  // Not sent, but somebody has been told that it is pending: reconciliation sends it.
  if (settled.attempt === 'open') return { end: 'unanswered' }
  return { end: settled.attempt, booking: settled.booking }
}

/**
 * The same, waited for no longer than the caller waits: after that the work goes on without them and they are told that
 * it is pending. Throws 402 for a refusal and 503 when nothing was sent.
 */
export async function authorizeWithin(
  deps: AuthorizeDeps,
  input: AuthorizeInput,
  wait: { scope: CallScope; waitMs: number },
): Promise<BookingRecord | 'pending'> {
  const work = authorizePayment(deps, input, { requestId: wait.scope.requestId, traceparent: wait.scope.traceparent })
  deps.carryOn(work)
  const inTime = await within(work, wait.waitMs)
  if (inTime === undefined && (await deps.store.promise(input.booking.id))) return 'pending'
  // Without an open attempt any more it has been settled this very moment.
  const outcome = inTime ?? (await work)
  if (outcome.end === 'unanswered') {
    if (inTime) await deps.store.promise(input.booking.id)
    return 'pending'
  }
  if (outcome.end === 'unsent') throw dependencyUnavailable('payment', 5)
  if (outcome.end === 'refused') throw refusedPayment(outcome.booking.refusal)
  return outcome.booking
}

/** The result, or undefined when the time is up first. */
async function within<T>(work: Promise<T>, waitMs: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), Math.max(0, waitMs))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** How long to wait for payment: never past the caller's deadline, with time left to make a promise of it and to answer. */
export function waitFor(scope: CallScope, maxMs: number): number {
  const remaining = scope.deadline?.remainingMs() ?? Number.POSITIVE_INFINITY
  return Math.min(maxMs, remaining - Math.min(300, remaining * 0.3))
}
