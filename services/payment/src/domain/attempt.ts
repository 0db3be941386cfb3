import type { Attempt } from '@alcove/contracts'

/** What booking asks for when it starts to pay. */
export interface AttemptRequest {
  attemptId: string
  bookingId: string
  userId: string
  method: 'card' | 'credits'
  token?: string
  amountMinor: number
  amountCredits: number
  currency: string
}

export interface AttemptRow {
  id: string
  bookingId: string | null
  method: 'card' | 'credits' | null
  token: string | null
  amountMinor: number
  amountCredits: number
  currency: string | null
  status: 'processing' | 'authorized' | 'refused'
  reasonCode: string | null
  released: boolean
  failures: number
  traceparent: string | null
}

export interface PaymentRow {
  id: string
  status: 'authorized' | 'captured' | 'voided' | 'refunded' | 'failed'
  amount: number
  captured: number
}

export interface TargetRow {
  /** Null: the booking has not decided. Minor units or credits, by the attempt's method. */
  keep: number | null
}

export interface RefundRow {
  id: string
  origin: 'operator' | 'booking'
  status: 'pending' | 'done' | 'refused'
  amount: number
}

/** Everything the next step of an attempt is decided by. Amounts are minor units for a card, credits for credits. */
export interface AttemptWork {
  attempt: AttemptRow
  payment: PaymentRow | null
  targets: readonly TargetRow[]
  refunds: readonly RefundRow[]
  /** The last holder of the lease left a provider step unrecorded: ask the provider before anything else. */
  unfinishedBefore: boolean
  wishes: number
}

/** How an attempt stands for booking, with what decides that. */
export interface AttemptOutcome {
  attemptId: string
  status: AttemptRow['status']
  reasonCode: string | null
  paymentId: string | null
  paymentStatus: PaymentRow['status'] | null
  /** Booking already wants nothing of it kept. */
  unwanted: boolean
}

/**
 * The answer to booking. An attempt that is voided, or that booking has meanwhile told us to let go, holds no money for it: `refused`,
 * `voided`, whether the worker has reached the provider yet or not. `processing` stays `processing`: the provider has not answered.
 */
export function toAttempt(outcome: AttemptOutcome): Attempt {
  const { attemptId, status, paymentId, paymentStatus } = outcome
  const base = { attemptId, paymentId, nextAction: null }
  const letGo = status === 'authorized' && (paymentStatus === 'voided' || (paymentStatus === 'authorized' && outcome.unwanted))
  if (letGo) return { ...base, status: 'refused', reasonCode: 'voided' }
  return { ...base, status, reasonCode: outcome.reasonCode }
}
