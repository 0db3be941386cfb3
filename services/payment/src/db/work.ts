import type { AttemptWork, AttemptRow, PaymentRow, RefundRow } from '../domain/attempt.ts'

interface Amounts {
  amount_minor: number
  amount_credits: number
}

/** What the SQL function `attempt_work` answers: rows as JSON, so that bigint columns arrive as numbers. */
export interface WorkJson {
  attempt: Amounts & {
    id: string
    booking_id: string | null
    method: AttemptRow['method']
    token: string | null
    currency: string | null
    status: AttemptRow['status']
    reason_code: string | null
    released: boolean
    failures: number
    wishes: number
    traceparent: string | null
  }
  payment: (Amounts & { id: string; status: PaymentRow['status']; captured_minor: number; captured_credits: number }) | null
  targets: { keep_minor: number | null; keep_credits: number | null }[]
  refunds: (Amounts & { id: string; origin: RefundRow['origin']; status: RefundRow['status'] })[]
  unfinishedBefore?: boolean
}

/** Chooses minor units or credits by the attempt's method, so that the domain sees one amount. */
export function toWork({ attempt, payment, targets, refunds, unfinishedBefore }: WorkJson): AttemptWork {
  const isCredits = attempt.method === 'credits'
  return {
    attempt: {
      id: attempt.id,
      bookingId: attempt.booking_id,
      method: attempt.method,
      token: attempt.token,
      amountMinor: attempt.amount_minor,
      amountCredits: attempt.amount_credits,
      currency: attempt.currency,
      status: attempt.status,
      reasonCode: attempt.reason_code,
      released: attempt.released,
      failures: attempt.failures,
      traceparent: attempt.traceparent,
    },
    payment: payment && {
      id: payment.id,
      status: payment.status,
      amount: isCredits ? payment.amount_credits : payment.amount_minor,
      captured: isCredits ? payment.captured_credits : payment.captured_minor,
    },
    targets: targets.map((target) => ({ keep: isCredits ? target.keep_credits : target.keep_minor })),
    refunds: refunds.map(({ id, origin, status, ...amounts }) => ({ id, origin, status, amount: isCredits ? amounts.amount_credits : amounts.amount_minor })),
    unfinishedBefore: unfinishedBefore ?? false,
    wishes: attempt.wishes,
  }
}
