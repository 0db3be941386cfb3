import type { Attempt, PaymentState, Person, Schedules, SpaceQuote } from '@alcove/contracts'
import type { Times } from '@alcove/rules'
import type { BookingRecord, By, IdempotencyKey, NewAttempt, NextAction, ReasonCode } from './booking.ts'

/** Deadline and trace of the request a call is made for; absent for background work. */
export interface CallScope {
  deadline?: { remainingMs(): number }
  signal?: AbortSignal
  requestId?: string
  traceparent?: string
}

/** What payment says of one attempt, and as whose doing a booking's timeline shows it. */
export interface PaymentReport {
  state: PaymentState
  by: By
}

export interface PersonSource {
  /** Undefined: user knows no such person. */
  findPerson(id: string, scope: CallScope): Promise<Person | undefined>
}

export interface QuoteRequest {
  spaceId: string
  unitId?: string
  startsAt: Date
  endsAt: Date
  at: Date
  planId: string | null
  teamIds: string[]
  teamId?: string
  attendeeCount: number
  addedFrom?: Date
}

export interface ScheduleRequest {
  from: Date
  to: Date
  spaceIds?: string[]
  locationId?: string
  kind?: SpaceQuote['space']['kind']
  capacityMin?: number
  amenities?: string[]
}

export interface SpaceSource {
  /** Undefined: workspace knows no such space, or it is archived. */
  findQuote(request: QuoteRequest, scope: CallScope): Promise<SpaceQuote | undefined>
  listSchedules(request: ScheduleRequest, scope: CallScope): Promise<Schedules>
}

/** A closure as workspace has it this moment. */
export interface Closure {
  id: string
  locationId: string
  /** Empty: the whole location. */
  spaceIds: string[]
  startsAt: Date
  endsAt: Date
}

/** Closures asked of workspace itself, never remembered: for decisions that a late copy would get wrong. Throws when it does not answer. */
export interface ClosureSource {
  /** Undefined: there is none, or it was deleted. */
  findClosure(id: string, scope: CallScope): Promise<Closure | undefined>
  isClosed(at: Occupancy, scope: CallScope): Promise<boolean>
}

/** A space in an interval. */
export interface Occupancy {
  locationId: string
  spaceId: string
  startsAt: Date
  endsAt: Date
}

/** `unsent`: it certainly never reached payment. `unanswered`: nobody knows. */
export type AuthorizeAnswer = { kind: 'answered'; attempt: Attempt } | { kind: 'unsent'; cause: unknown } | { kind: 'unanswered' }

export interface Payments {
  /** False while payment's breaker is open: nothing would be sent. */
  isReachable(): boolean
  authorize(request: { attempt: NewAttempt; bookingId: string; userId: string }, scope: CallScope): Promise<AuthorizeAnswer>
  /** Undefined: payment has never seen it. */
  findAttempt(id: string): Promise<Attempt | undefined>
  /** Keeps nothing of it, whether seen or not. */
  releaseAttempt(id: string): Promise<void>
}

/** Columns of a booking to be made, by column name, as the claim call takes them. */
export type BookingColumns = Record<string, unknown> & { id: string; user_id: string; space_id: string; location_id: string; status: string }

export interface ClaimInput {
  booking: BookingColumns
  units: string[]
  unitNames: Record<string, string>
  revision: number
  references: string[]
  holdLimit?: number
  holdId?: string
  unitAsked?: boolean
  key?: IdempotencyKey
  attempt?: NewAttempt
}

export interface ChangeInput {
  bookingId: string
  userId: string
  version: number
  target: Record<string, unknown>
  units: string[]
  unitNames: Record<string, string>
  revision: number
  changeId: string
  attempt?: NewAttempt
  expiresAt?: string
  /** Up to there the booking has the time already: only what lies beyond is judged, and it may be running. */
  addedFrom?: string
}

export type ClaimOutcome = { outcome: 'claimed'; booking: BookingRecord } | { outcome: 'repeat'; bookingId: string }
export type TransitionOutcome = { outcome: 'done'; booking: BookingRecord } | { outcome: 'repeat'; bookingId: string }
export type AttemptEnd = 'authorized' | 'refused' | 'unsent'
export type AttemptStatus = AttemptEnd | 'open' | 'abandoned'

/** When and by whom. */
export interface Act {
  now: Date
  by: By
}

/** The database functions that change bookings; each is one transaction. They refuse with {@link Refusal}. */
export interface BookingStore {
  claim(input: ClaimInput, act: Act): Promise<ClaimOutcome>
  settleAttempt(end: { attemptId: string; status: AttemptEnd; paymentId: string | null; reason: string | null }, act: Act): Promise<SettledAttempt | undefined>
  /**
   * To be asked before anybody is told that a payment is pending: its open attempt is from then on seen through, also when it
   * turns out that nothing was sent. False: it has no open attempt, so that it has to be looked at again.
   */
  promise(bookingId: string): Promise<boolean>
  noteNextAction(attemptId: string, nextAction: NextAction | null): Promise<void>
  startPayment(input: { bookingId: string; attempt: NewAttempt; key?: IdempotencyKey }, act: Act): Promise<TransitionOutcome>
  startChange(input: ChangeInput, act: Act): Promise<{ outcome: 'pending' | 'changed'; booking: BookingRecord }>
  changeWords(input: { bookingId: string; version: number; words: Record<string, unknown> }, act: Act): Promise<BookingRecord>
  cancel(input: CancelInput, act: Act): Promise<TransitionOutcome>
  checkIn(input: VersionedInput, act: Act): Promise<TransitionOutcome>
  checkOut(input: VersionedInput, act: Act): Promise<TransitionOutcome>
  releaseHold(input: { holdId: string; userId: string }, act: Act): Promise<boolean>
}

export interface SettledAttempt {
  attempt: AttemptStatus
  booking: BookingRecord
}

export interface VersionedInput {
  bookingId: string
  version: number
  key?: IdempotencyKey
}

export interface CancelInput extends VersionedInput {
  reasonCode: ReasonCode
  percent: number
  reason: string | null
}

/** For each unit that was asked, in that order, its active claims sorted by start. */
export type UnitClaims = readonly Times[]

export interface ClaimSource {
  /** The quickest for many units of one location. */
  listOfLocation(of: { locationId: string; unitIds: readonly string[] }, range: { from: Date; to: Date }, now: Date): Promise<UnitClaims>
  listOfUnits(unitIds: readonly string[], range: { from: Date; to: Date }, now: Date): Promise<UnitClaims>
  /** What a claim of this interval would meet on these units, when none of them is free; empty when one is. */
  listConflicts(want: { unitIds: string[]; from: Date; to: Date; bookingId?: string }, now: Date): Promise<{ startsAt: string; endsAt: string }[]>
}

export interface BookingReader {
  /** Any row, holds too; whether it may be seen is the caller's question. */
  find(id: string): Promise<BookingRecord | undefined>
  findKey(key: IdempotencyKey, now: Date): Promise<{ bookingId: string; bodyHash: string } | undefined>
  /** By the closures that booking has heard of: for display, and where money does not depend on it. */
  isClosed(at: Occupancy): Promise<boolean>
}

export interface UnsettledAttempt {
  attempt: NewAttempt
  bookingId: string
  userId: string
}

export interface Metrics {
  claimed(kind: 'hold' | 'booking' | 'change'): void
  refused(reason: string): void
  settled(end: string): void
}

export type { BookingRecord }
