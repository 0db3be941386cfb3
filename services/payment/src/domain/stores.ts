import type { AttemptOutcome, AttemptRequest, AttemptWork } from './attempt.ts'
import type { ChargeRecord } from './next-step.ts'

/** When something happens: `now` by the product's clock, `realNow` for leases and retries, which a moved clock must not touch. */
export interface Moment {
  now: Date
  realNow: Date
}

export interface Lease {
  owner: string
  until: Date
}

/** Attempts and their leased work. Every member is one statement and one transaction. */
export interface AttemptStore {
  /** Stores a card attempt under the caller's lease; false: it is known already (or a tombstone stands in its place). */
  insert(request: AttemptRequest, by: Moment & { lease: Lease; traceparent?: string }): Promise<boolean>
  findOutcome(attemptId: string): Promise<(AttemptOutcome & { leaseUntil: Date | null }) | undefined>
  /** Records the provider's decision once; a repeat answers what stands. */
  finish(
    attemptId: string,
    decision: { status: 'authorized' | 'refused'; reasonCode: string | null; paymentId: string; traceparent: string | null } & Moment,
  ): Promise<AttemptOutcome>
  reserveCredits(request: AttemptRequest, by: Moment & { paymentId: string; traceparent?: string }): Promise<AttemptOutcome>
  storeRelease(attemptId: string, at: Moment): Promise<void>
  /** Leases up to `limit` due attempts, or the named one if nobody holds it. */
  claim(by: { lease: Lease; realNow: Date; limit: number; attemptId?: string }): Promise<AttemptWork[]>
  loadWork(attemptId: string): Promise<AttemptWork>
  /** Undefined: recorded and the lease given back. */
  record(work: AttemptWork, record: ChargeRecord, by: { owner: string; release: boolean; now: Date }): Promise<AttemptWork | undefined>
  settleCredits(work: AttemptWork, keep: number, now: Date): Promise<void>
  writeBookingRefund(work: AttemptWork, refund: { id: string; amount: number } & Moment): Promise<void>
  /** Gives the lease back; `dueAt` null: nothing left to do. `unfinished`: a provider step may have happened unrecorded. */
  release(work: AttemptWork, by: { owner: string; dueAt: Date | null; unfinished: boolean; realNow: Date }): Promise<void>
  renewLeases(attemptIds: readonly string[], lease: Lease): Promise<void>
}

/** How credits come back whose bucket has expired since they were spent. */
export interface ReturnTerms {
  /** Days for which the bucket of their own is valid. */
  returnedCreditsDays: number
}
