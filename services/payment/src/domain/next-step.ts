import type { AttemptWork } from './attempt.ts'
import type { ProviderCharge } from './provider.ts'

/** What the worker does next with an attempt. */
export type NextStep =
  | { kind: 'none' }
  | { kind: 'authorize' }
  | { kind: 'capture'; amount: number }
  | { kind: 'void' }
  /** A refund already written down that the provider has to carry out. */
  | { kind: 'refund'; refundId: string; amount: number }
  /** The booking wants less kept than is held: write the refund of the difference first. */
  | { kind: 'write-refund'; amount: number }

/**
 * What all bookings paid by this attempt want kept together, or null while one of them has not decided or none was heard of.
 * A released attempt keeps nothing.
 */
export function toKeep(work: AttemptWork): number | null {
  if (work.attempt.released) return 0
  if (work.targets.length === 0) return null
  let keep = 0
  for (const target of work.targets) {
    if (target.keep === null) return null
    keep += target.keep
  }
  return keep
}

/**
 * Chooses the one next step towards what the bookings want. Money only ever moves towards the target: kept too little (partial
 * capture, an operator's refund) cannot be taken again and stays, visible in the difference report.
 */
export function chooseNextStep(work: AttemptWork): NextStep {
  const { attempt, payment, refunds } = work
  if (attempt.status === 'processing') return { kind: 'authorize' }
  if (!payment) return { kind: 'none' }
  const pending = refunds.find((refund) => refund.status === 'pending')
  if (pending) return { kind: 'refund', refundId: pending.id, amount: pending.amount }
  const keep = toKeep(work)
  if (keep === null) return { kind: 'none' }
  if (payment.status === 'authorized') return keep > 0 ? { kind: 'capture', amount: Math.min(keep, payment.amount) } : { kind: 'void' }
  if (payment.status !== 'captured') return { kind: 'none' }
  const isRefusedForGood = refunds.some((refund) => refund.origin === 'booking' && refund.status === 'refused')
  const excess = payment.captured - sumLive(refunds) - keep
  return excess > 0 && !isRefusedForGood ? { kind: 'write-refund', amount: excess } : { kind: 'none' }
}

const sumLive = (refunds: AttemptWork['refunds']) => refunds.reduce((sum, refund) => (refund.status === 'refused' ? sum : sum + refund.amount), 0)

/** What is to be written into our books after the provider answered. */
export interface ChargeRecord {
  capturedMinor: number
  voided: boolean
  failedCode: string | null
  refunds: { id: string; done: boolean }[]
}

/**
 * Translates the provider's books into ours. `step` is what was asked: a capture that the provider answers with anything but captured (or
 * pending) is refused for good; a refund it does not list is refused for good.
 */
export function toChargeRecord(charge: ProviderCharge, work: AttemptWork, step: NextStep): ChargeRecord {
  const isLost = charge.status === 'voided' || charge.status === 'expired' || charge.status === 'refused'
  const known = new Set(charge.refunds.map((refund) => refund.key))
  return {
    capturedMinor: charge.capturedMinor,
    voided: isLost && step.kind !== 'capture',
    failedCode: isLost && step.kind === 'capture' ? 'capture-refused' : null,
    refunds: work.refunds
      .filter((refund) => refund.status === 'pending' && (known.has(refund.id) || (step.kind === 'refund' && step.refundId === refund.id)))
      .map((refund) => ({ id: refund.id, done: known.has(refund.id) })),
  }
}

/** The work as it will stand once `record` is written: lets one call both record and give the lease back when nothing follows. */
export function applyRecord(work: AttemptWork, record: ChargeRecord): AttemptWork {
  const { payment } = work
  if (!payment) return work
  const outcome = new Map(record.refunds.map(({ id, done }) => [id, done]))
  const refunds = work.refunds.map((refund) =>
    outcome.has(refund.id) ? { ...refund, status: outcome.get(refund.id) ? ('done' as const) : ('refused' as const) } : refund,
  )
  const refunded = refunds.reduce((sum, refund) => (refund.status === 'done' ? sum + refund.amount : sum), 0)
  const captured = Math.max(payment.captured, record.capturedMinor)
  let { status } = payment
  if (status === 'authorized' && record.failedCode !== null) status = 'failed'
  if (status === 'authorized' && record.voided) status = 'voided'
  if (captured > payment.captured) status = 'captured'
  if (status === 'captured' && refunded === captured) status = 'refunded'
  return { ...work, refunds, payment: { ...payment, status, captured } }
}
