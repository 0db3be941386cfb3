import type { Page, PageOf, PaymentRecord, TransferRecord, WalletRecord } from './records.ts'
import type { Moment } from './stores.ts'

/** Who did it, and in which request. */
export interface Actor {
  userId: string
  requestId: string
  traceparent: string
  /** Network address; kept with the audit entry for some days, in no event. */
  address: string | null
}

export interface IdempotentRequest {
  principalId: string
  path: string
  key: string
  /** Flat: it is compared with its members in sorted order. */
  body: object
}

/** How long an Idempotency-Key is remembered (public API, Conventions). */
export const idempotencyHours = 24

export interface PaymentReader {
  find(id: string): Promise<PaymentRecord | undefined>
  list(filter: { userId?: string; bookingId?: string }, page: Page): Promise<PageOf<PaymentRecord>>
}

export interface NewRefund extends Moment {
  id: string
  /** The payment as it was read: of whom, and how much of it had gone back. */
  before: Pick<PaymentRecord, 'userId' | 'method' | 'refundedMinor' | 'refundedCredits'>
  paymentId: string
  amount: number
  reason: string
  actor: Actor
  idempotency?: IdempotentRequest
}

/** What became of a new refund: its id (an earlier one's under the same key), or how much could have been refunded. */
export type WrittenRefund = { refundId: string } | { refundable: number }

export interface RefundStore {
  /** An operator's refund: written, audited and remembered under its key in one transaction, or nothing at all. */
  write(refund: NewRefund): Promise<WrittenRefund>
}

export interface NewGrant {
  id: string
  walletId: string
  /** Whose wallet it is. */
  userId: string
  amountCredits: number
  reason: string
  expiresAt?: Date
  actor: Actor
  now: Date
  idempotency?: IdempotentRequest
}

/** Credits that an operator asked for themselves, and what became of them. */
export interface GrantRequestRecord {
  id: string
  walletId: string
  userId: string
  amountCredits: number
  reason: string
  expiresAt: Date | null
  status: 'pending' | 'approved' | 'declined'
  requestedBy: string
  createdAt: Date
  decidedBy: string | null
  decidedAt: Date | null
}

export interface GrantRequestStore {
  /** Once per idempotency key; answers the id of the first. */
  request(grant: NewGrant): Promise<string>
  find(id: string): Promise<GrantRequestRecord | undefined>
  list(status: GrantRequestRecord['status'], page: Page): Promise<PageOf<GrantRequestRecord>>
  /** Locks the request, lets `judge` refuse by throwing, and carries the decision out with its audit entry in the same transaction. */
  decide(decision: Decision, judge: (request: GrantRequestRecord) => void): Promise<GrantRequestRecord | undefined>
}

export interface Decision {
  id: string
  status: 'approved' | 'declined'
  actor: Actor
  now: Date
}

export interface WalletStore {
  /** By its own id or its owner's. */
  find(id: string): Promise<WalletRecord | undefined>
  /** The person's wallet, made when there is none yet. */
  ensure(userId: string, now: Date): Promise<WalletRecord>
  listTransfers(walletId: string, page: Page): Promise<PageOf<TransferRecord>>
  /** A bucket of its own, with ledger row, events and audit in one transaction; once per idempotency key. */
  grant(grant: NewGrant): Promise<void>
  /** Takes expired credits out of up to `limit` wallets; says of how many. */
  expire(now: Date, limit: number): Promise<number>
}
