import type { AttemptWork } from './attempt.ts'
import type { ReachKillPoint } from './kill-points.ts'
import type { Leases } from './leases.ts'
import { applyRecord, chooseNextStep, toChargeRecord, type NextStep } from './next-step.ts'
import { ProviderUnavailable, type PaymentProvider, type ProviderCharge } from './provider.ts'
import type { AttemptStore } from './stores.ts'

export interface SettleDeps {
  attempts: AttemptStore
  provider: PaymentProvider
  leases: Leases
  reach: ReachKillPoint
  now: () => Date
  realNow: () => Date
  newId: () => string
}

/** Steps under one lease; more would mean that a step changes nothing. */
const stepsMax = 8
const retryMsMin = 500
const retryMsMax = 30_000

/** How long an attempt rests after its n-th unanswered step (n from 0): half a second doubling to half a minute, for ever. */
export function toRetryMs(failures: number): number {
  return Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 10))
}

/**
 * Moves the money of one leased attempt to where its bookings and its written refunds want it, then gives the lease back. After an
 * unanswered or unrecorded step the provider is asked first and our books follow its books. An unreachable provider leaves the
 * attempt due again and never gives up. Safe to run twice at once: steps are idempotent at the provider, records are differences.
 */
export async function settleAttempt(deps: SettleDeps, work: AttemptWork): Promise<void> {
  const letGo = deps.leases.hold(work.attempt.id)
  try {
    deps.reach('payment.settle.leased')
    await settle(deps, work)
    deps.reach('payment.settle.released')
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    await releaseUntil(deps, work, toRetryMs(work.attempt.failures))
  } finally {
    letGo()
  }
}

async function settle(deps: SettleDeps, work: AttemptWork): Promise<void> {
  let current: AttemptWork | undefined = work
  if (work.unfinishedBefore && work.attempt.method === 'card') {
    const charge = await deps.provider.find(work.attempt.id)
    if (charge?.status === 'pending') return releaseUntil(deps, work, retryMsMin)
    if (work.attempt.status === 'processing') return charge ? finish(deps, work, charge) : authorize(deps, work)
    if (charge) current = await record(deps, work, { charge, step: { kind: 'none' } })
  }
  for (let steps = 0; current && steps < stepsMax; steps += 1) {
    const step: NextStep = chooseNextStep(current)
    if (step.kind === 'authorize') return authorize(deps, current)
    if (step.kind === 'none') {
      return deps.attempts.release(current, { owner: deps.leases.owner, dueAt: null, unfinished: false, realNow: deps.realNow() })
    }
    current = await (current.attempt.method === 'credits' ? stepCredits(deps, current, step) : stepCard(deps, current, step))
  }
  if (current) await releaseUntil(deps, current, retryMsMax)
}

/** Asks the provider to authorize and records its decision. The lease ends with it; a decision of the booking makes the attempt due again. */
async function authorize(deps: SettleDeps, { attempt }: AttemptWork): Promise<void> {
  const { id, token, amountMinor, currency } = attempt
  const charge = await deps.provider.authorize({ key: id, token: token ?? '', amountMinor, currency: currency ?? '' })
  deps.reach('payment.authorize.provider-answered')
  if (charge.status === 'pending') throw new ProviderUnavailable('the provider has not decided yet')
  await finish(deps, { attempt }, charge)
}

async function finish(deps: SettleDeps, { attempt }: Pick<AttemptWork, 'attempt'>, charge: ProviderCharge): Promise<void> {
  await deps.attempts.finish(attempt.id, {
    ...toDecision(charge),
    paymentId: deps.newId(),
    traceparent: attempt.traceparent,
    now: deps.now(),
    realNow: deps.realNow(),
  })
  deps.reach('payment.authorize.stored')
}

/** What a decided charge means for its attempt: anything but a refusal means that money was held. */
export function toDecision(charge: ProviderCharge): { status: 'authorized' | 'refused'; reasonCode: string | null } {
  return charge.status === 'refused' ? { status: 'refused', reasonCode: 'payment-refused' } : { status: 'authorized', reasonCode: null }
}

async function stepCard(deps: SettleDeps, work: AttemptWork, step: NextStep): Promise<AttemptWork | undefined> {
  const { provider, attempts, reach } = deps
  const key = work.attempt.id
  if (step.kind === 'write-refund') {
    await attempts.writeBookingRefund(work, { id: deps.newId(), amount: step.amount, now: deps.now(), realNow: deps.realNow() })
    reach('payment.refund.written')
    return attempts.loadWork(key)
  }
  if (step.kind === 'capture') {
    const charge = await provider.capture({ key, amountMinor: step.amount })
    reach('payment.capture.provider-answered')
    const next = await record(deps, work, { charge, step })
    reach('payment.capture.stored')
    return next
  }
  if (step.kind === 'void') {
    const charge = await provider.void({ key })
    reach('payment.void.provider-answered')
    const next = await record(deps, work, { charge, step })
    reach('payment.void.stored')
    return next
  }
  if (step.kind !== 'refund') return work
  const charge = await provider.refund({ key, refundKey: step.refundId, amountMinor: step.amount })
  reach('payment.refund.provider-answered')
  const next = await record(deps, work, { charge, step })
  reach('payment.refund.stored')
  return next
}

async function record(deps: SettleDeps, work: AttemptWork, { charge, step }: { charge: ProviderCharge; step: NextStep }): Promise<AttemptWork | undefined> {
  const charged = toChargeRecord(charge, work, step)
  const release = chooseNextStep(applyRecord(work, charged)).kind === 'none'
  return deps.attempts.record(work, charged, { owner: deps.leases.owner, release, now: deps.now() })
}

/** Credits are in our own database: a step is one transaction and needs no question afterwards. */
async function stepCredits(deps: SettleDeps, work: AttemptWork, step: NextStep): Promise<AttemptWork> {
  const { attempts, reach } = deps
  if (step.kind === 'capture' || step.kind === 'void') {
    reach('payment.charge-credits.before')
    await attempts.settleCredits(work, step.kind === 'capture' ? step.amount : 0, deps.now())
    reach('payment.charge-credits.stored')
  }
  if (step.kind === 'write-refund') {
    reach('payment.return-credits.before')
    await attempts.writeBookingRefund(work, { id: deps.newId(), amount: step.amount, now: deps.now(), realNow: deps.realNow() })
    reach('payment.return-credits.stored')
  }
  return attempts.loadWork(work.attempt.id)
}

async function releaseUntil(deps: SettleDeps, work: AttemptWork, restMs: number): Promise<void> {
  const realNow = deps.realNow()
  const dueAt = new Date(realNow.getTime() + restMs)
  await deps.attempts.release(work, { owner: deps.leases.owner, dueAt, unfinished: true, realNow })
}
