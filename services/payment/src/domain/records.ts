/** A payment as stored. Amounts are non-negative integers: minor units of `currency`, or credits. */
export interface PaymentRecord {
  id: string
  attemptId: string
  bookingId: string
  userId: string
  method: 'card' | 'credits'
  status: 'authorized' | 'captured' | 'voided' | 'refunded' | 'failed'
  reasonCode: string | null
  currency: string
  amountMinor: number
  capturedMinor: number
  refundedMinor: number
  amountCredits: number
  capturedCredits: number
  refundedCredits: number
  createdAt: Date
  updatedAt: Date
  refunds: RefundRecord[]
}

export interface RefundRecord {
  id: string
  origin: 'operator' | 'booking'
  status: 'pending' | 'done' | 'refused'
  amountMinor: number
  amountCredits: number
  reason: string | null
  createdAt: Date
}

export interface WalletRecord {
  id: string
  userId: string
  balanceCredits: number
  buckets: { source: string; balanceCredits: number; expiresAt: Date | null }[]
}

export interface TransferRecord {
  id: string
  at: Date
  kind: 'grant' | 'reserve' | 'release' | 'refund' | 'expiry'
  debitAccount: string
  creditAccount: string
  amountCredits: number
  bookingId: string | null
}

/** One page of a list, newest first. `after`: the id of the last item of the page before. */
export interface Page {
  limit: number
  after?: string
}

export interface PageOf<T> {
  items: T[]
  /** The id to go on from, or null on the last page. */
  next: string | null
}
