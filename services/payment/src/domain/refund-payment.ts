import { notFound, ownRefund, refundTooLarge, wrongAmount } from '../errors.ts'
import type { Actor, IdempotentRequest, PaymentReader, RefundStore } from './accounts.ts'
import type { PaymentRecord, RefundRecord } from './records.ts'
import type { ReachKillPoint } from './kill-points.ts'

export interface RefundRequest {
  paymentId: string
  amountMinor?: number
  amountCredits?: number
  reason: string
  actor: Actor
  idempotency?: IdempotentRequest
}

export interface RefundDeps {
  payments: Pick<PaymentReader, 'find'>
  refunds: RefundStore
  /** Carries written refunds of the attempt out, as far as the provider answers in time. */
  settle: (attemptId: string) => Promise<void>
  reach: ReachKillPoint
  now: () => Date
  realNow: () => Date
  newId: () => string
  /** Whether nobody may refund their own payment. */
  fourEyes: boolean
}

/**
 * An operator gives money (`amountMinor`, card) or credits (`amountCredits`) back beyond what the booking decided. Durable before the
 * provider is asked, under the refund's id as its key; a silent provider leaves it `pending` and a worker goes on.
 * @throws {ProblemError} `not-found`; `forbidden` for one's own where four eyes are asked for; `malformed` for the other unit's amount; `illegal-transition` when more than captured less what was
 * given or promised back; `idempotency-key-reused`
 */
export async function refundPayment(deps: RefundDeps, request: RefundRequest): Promise<{ payment: PaymentRecord; refund: RefundRecord }> {
  const { paymentId, reason, actor, idempotency } = request
  const payment = await deps.payments.find(paymentId)
  if (!payment) throw notFound()
  if (deps.fourEyes && payment.userId === actor.userId) throw ownRefund()
  const amount = toAmount(payment, request)
  const written = await deps.refunds.write({
    id: deps.newId(),
    paymentId,
    before: payment,
    amount,
    reason,
    actor,
    idempotency,
    now: deps.now(),
    realNow: deps.realNow(),
  })
  if ('refundable' in written) throw refundTooLarge(written.refundable, payment.method === 'card' ? `minor units of ${payment.currency}` : 'credits')
  deps.reach('payment.refund.written')
  if (payment.method === 'card') await deps.settle(payment.attemptId)
  const after = await deps.payments.find(paymentId)
  const refund = after?.refunds.find(({ id }) => id === written.refundId)
  if (!after || !refund) throw new Error(`refund ${written.refundId} vanished`)
  return { payment: after, refund }
}

function toAmount({ method }: PaymentRecord, { amountMinor, amountCredits }: { amountMinor?: number; amountCredits?: number }): number {
  const [wanted, refused] = method === 'card' ? [amountMinor, amountCredits] : [amountCredits, amountMinor]
  const names = method === 'card' ? (['amountMinor', 'amountCredits'] as const) : (['amountCredits', 'amountMinor'] as const)
  if (wanted === undefined || refused !== undefined) throw wrongAmount(names[0], names[1], { wanted: wanted !== undefined, refused: refused !== undefined })
  return wanted
}
