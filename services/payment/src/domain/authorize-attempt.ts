import type { Attempt } from '@alcove/contracts'
import { toAttempt, type AttemptOutcome, type AttemptRequest } from './attempt.ts'
import { ProviderUnavailable } from './provider.ts'
import { settleAttempt, toDecision, toRetryMs, type SettleDeps } from './settle-attempt.ts'

export interface AuthorizeDeps extends SettleDeps {
  inFlight: InFlight
  /** Looks again after so many milliseconds while another process holds the attempt. */
  sleep: (ms: number) => Promise<void>
}

/** How the caller waits; afterwards the attempt goes on without it. */
export interface Patience {
  waitMs: number
  traceparent?: string
}

/** Provider calls that outlive the request that began them: repeats join them, a draining process waits for them. */
export interface InFlight {
  find(attemptId: string): Promise<AttemptOutcome> | undefined
  track(attemptId: string, outcome: Promise<AttemptOutcome>): Promise<AttemptOutcome>
  settled(): Promise<void>
}

export function createInFlight(): InFlight {
  const running = new Map<string, Promise<AttemptOutcome>>()
  return {
    find: (attemptId) => running.get(attemptId),
    track(attemptId, outcome) {
      const tracked = outcome.finally(() => running.delete(attemptId))
      running.set(attemptId, tracked)
      // Whoever waits sees the failure; when nobody does any more the lease runs out and a worker goes on.
      tracked.catch(() => undefined)
      return tracked
    },
    async settled() {
      await Promise.allSettled(running.values())
    },
  }
}

const pollMs = 50

/**
 * Holds money or credits for an attempt, never captures. Idempotent on the attempt id, also at once and from several processes: one of
 * them asks the provider, all give its answer. `processing` when the provider has not answered within `waitMs` (the work goes on) or
 * its answer was lost (a worker asks it soon). An attempt that booking gave up before is refused as `voided`.
 */
export async function authorizeAttempt(deps: AuthorizeDeps, request: AttemptRequest, patience: Patience): Promise<Attempt> {
  if (request.method === 'credits') return reserve(deps, request, patience)
  const { attempts, leases, reach, inFlight } = deps
  reach('payment.authorize.received')
  const realNow = deps.realNow()
  const inserted = await attempts.insert(request, { lease: leases.grant(realNow), now: deps.now(), realNow, traceparent: patience.traceparent })
  if (!inserted) return findAttempt(deps, request.attemptId, patience).then((attempt) => attempt ?? toAttempt(toProcessing(request.attemptId)))
  reach('payment.authorize.attempt-stored')
  return toAttempt(await within(patience.waitMs, inFlight.track(request.attemptId, askProvider(deps, request, patience)), toProcessing(request.attemptId)))
}

async function reserve(deps: AuthorizeDeps, request: AttemptRequest, { traceparent }: Patience): Promise<Attempt> {
  deps.reach('payment.reserve.received')
  const outcome = await deps.attempts.reserveCredits(request, { paymentId: deps.newId(), now: deps.now(), realNow: deps.realNow(), traceparent })
  deps.reach('payment.reserve.stored')
  return toAttempt(outcome)
}

async function askProvider(deps: AuthorizeDeps, request: AttemptRequest, { traceparent = null }: { traceparent?: string | null }): Promise<AttemptOutcome> {
  const { attempts, leases } = deps
  const { attemptId, token = '', amountMinor, currency } = request
  const letGo = leases.hold(attemptId)
  try {
    const charge = await deps.provider.authorize({ key: attemptId, token, amountMinor, currency })
    deps.reach('payment.authorize.provider-answered')
    if (charge.status === 'pending') throw new ProviderUnavailable('the provider has not decided yet')
    const outcome = await attempts.finish(attemptId, { ...toDecision(charge), paymentId: deps.newId(), traceparent, now: deps.now(), realNow: deps.realNow() })
    deps.reach('payment.authorize.stored')
    return outcome
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    const realNow = deps.realNow()
    const dueAt = new Date(realNow.getTime() + toRetryMs(0))
    await attempts.release(await attempts.loadWork(attemptId), { owner: leases.owner, dueAt, unfinished: true, realNow })
    return toProcessing(attemptId)
  } finally {
    letGo()
  }
}

/**
 * What became of an attempt, or undefined when nobody has seen it. One whose holder is gone or that rests after an unanswered
 * step is taken up here and now, asking the provider first; one that is being worked on is waited for.
 */
export async function findAttempt(deps: AuthorizeDeps, attemptId: string, patience: Patience): Promise<Attempt | undefined> {
  const until = deps.realNow().getTime() + patience.waitMs
  const remainingMs = () => Math.max(0, until - deps.realNow().getTime())
  let mayTakeUp = true
  for (;;) {
    const joined = deps.inFlight.find(attemptId)
    if (joined) return toAttempt(await within(remainingMs(), joined, toProcessing(attemptId)))
    const outcome = await deps.attempts.findOutcome(attemptId)
    if (!outcome) return undefined
    if (outcome.status !== 'processing') return toAttempt(outcome)
    const realNow = deps.realNow()
    const isHeld = outcome.leaseUntil !== null && outcome.leaseUntil > realNow
    if (!isHeld) {
      // Asked once and still without an answer: the provider is away, waiting here would not bring it back.
      if (!mayTakeUp) return toAttempt(outcome)
      mayTakeUp = false
      await within(remainingMs(), deps.inFlight.track(attemptId, takeUp(deps, attemptId)), outcome)
      continue
    }
    if (realNow.getTime() + pollMs > until) return toAttempt(outcome)
    await deps.sleep(pollMs)
  }
}

async function takeUp(deps: AuthorizeDeps, attemptId: string): Promise<AttemptOutcome> {
  const realNow = deps.realNow()
  const [work] = await deps.attempts.claim({ lease: deps.leases.grant(realNow), realNow, limit: 1, attemptId })
  if (work) await settleAttempt(deps, work)
  return (await deps.attempts.findOutcome(attemptId)) ?? toProcessing(attemptId)
}

const toProcessing = (attemptId: string): AttemptOutcome => ({
  attemptId,
  status: 'processing',
  reasonCode: null,
  paymentId: null,
  paymentStatus: null,
  unwanted: false,
})

async function within<T>(waitMs: number, work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), waitMs)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
