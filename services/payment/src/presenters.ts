import type { GrantRequest, Payment, Refund, Wallet, WalletTransaction } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'
import type { GrantRequestRecord } from './domain/accounts.ts'
import type { PaymentRecord, RefundRecord, TransferRecord, WalletRecord } from './domain/records.ts'

export function toRefund(refund: RefundRecord, { id, currency }: Pick<PaymentRecord, 'id' | 'currency'>, viewer: { seesReason: boolean }): Refund {
  return {
    id: refund.id,
    paymentId: id,
    origin: refund.origin,
    status: refund.status,
    amountMinor: refund.amountMinor,
    amountCredits: refund.amountCredits,
    currency,
    ...(viewer.seesReason && refund.reason !== null ? { reason: refund.reason } : {}),
    createdAt: toInstant(refund.createdAt),
  }
}

/** The reason of an operator's refund is written for operators; the person sees that it was given. */
export function toPayment(payment: PaymentRecord, viewer: { seesReason: boolean }): Payment {
  return {
    id: payment.id,
    bookingId: payment.bookingId,
    userId: payment.userId,
    method: payment.method,
    status: payment.status,
    ...(payment.reasonCode === null ? {} : { reasonCode: payment.reasonCode }),
    amountMinor: payment.amountMinor,
    capturedMinor: payment.capturedMinor,
    refundedMinor: payment.refundedMinor,
    currency: payment.currency,
    amountCredits: payment.amountCredits,
    capturedCredits: payment.capturedCredits,
    refundedCredits: payment.refundedCredits,
    refunds: payment.refunds.map((refund) => toRefund(refund, payment, viewer)),
    createdAt: toInstant(payment.createdAt),
    updatedAt: toInstant(payment.updatedAt),
  }
}

export function toWallet(wallet: WalletRecord): Wallet {
  return {
    id: wallet.id,
    userId: wallet.userId,
    balanceCredits: wallet.balanceCredits,
    buckets: wallet.buckets.map(({ source, balanceCredits, expiresAt }) => ({
      source,
      balanceCredits,
      ...(expiresAt ? { expiresAt: toInstant(expiresAt) } : {}),
    })),
  }
}

export function toTransaction({ id, at, kind, debitAccount, creditAccount, amountCredits, bookingId }: TransferRecord): WalletTransaction {
  return { id, at: toInstant(at), kind, debitAccount, creditAccount, amountCredits, ...(bookingId ? { bookingId } : {}) }
}

export function toGrantRequest(request: GrantRequestRecord): GrantRequest {
  const { expiresAt, decidedBy, decidedAt, createdAt, ...rest } = request
  return {
    ...rest,
    ...(expiresAt && { expiresAt: toInstant(expiresAt) }),
    createdAt: toInstant(createdAt),
    ...(decidedBy && { decidedBy }),
    ...(decidedAt && { decidedAt: toInstant(decidedAt) }),
  }
}
