import type { Attendee, SpaceQuote } from '@alcove/contracts'
import { dependencyUnavailable, keyReused, slotConflict, toPublicError } from '../errors.ts'
import { authorizeWithin, waitFor, type AuthorizeDeps } from './authorize-payment.ts'
import type { BookingRecord, By, IdempotencyKey, NewAttempt, PaymentMethod } from './booking.ts'
import { formatInstant } from './instants.ts'
import type { BookingColumns, BookingReader, BookingStore, CallScope, ClaimInput } from './ports.ts'
import { assertPaymentComplete, assertUnbroken, quoteBooking, settleDue, type Due, type QuoteDeps } from './quote-booking.ts'
import { isRefusal } from './refusal.ts'
import { suggestAlternatives, type SuggestDeps } from './suggest-alternatives.ts'

export interface CreateBookingDeps extends QuoteDeps, AuthorizeDeps, SuggestDeps {
  reader: BookingReader
  newId: () => string
  newReferences: () => string[]
  /** How long an unpaid claim stands. */
  holdTtlSeconds: number
  /** The longest a caller is kept waiting for payment. */
  authorizeWaitMs: number
}

export interface CreateBookingInput {
  userId: string
  spaceId: string
  unitId?: string
  startsAt: Date
  endsAt: Date
  title?: string
  attendees?: Attendee[]
  payment?: { method: PaymentMethod; token?: string }
  holdId?: string
  teamId?: string
  key?: IdempotencyKey
  by: By
}

export interface RepeatDeps {
  reader: BookingReader
  store: Pick<BookingStore, 'promise'>
  now: () => Date
}

/** What an idempotency key already points at; undefined: nothing. Throws `idempotency-key-reused` for another body. */
export async function findRepeat(deps: RepeatDeps, key: IdempotencyKey | undefined): Promise<BookingRecord | undefined> {
  if (!key) return undefined
  const known = await deps.reader.findKey(key, deps.now())
  if (known && known.bodyHash !== key.bodyHash) throw keyReused()
  return known && findPromised(deps, known.bookingId)
}

/** A booking as a repeat is told of it. The first request may still find that nothing was sent: what a repeat calls pending must outlive that. */
export async function findPromised({ reader, store }: RepeatDeps, bookingId: string): Promise<BookingRecord | undefined> {
  const booking = await reader.find(bookingId)
  if (!booking?.openAttempt) return booking
  await store.promise(bookingId)
  return reader.find(bookingId)
}

/**
 * Books a space: repeat, who and what, claim, authorize, confirm. Answers the booking as it then is: `confirmed`, or
 * `pending_payment` while payment has not answered. A repeat of the key gives the first one's booking.
 *
 * Throws `forbidden`, `not-found`, `malformed`, `rules-broken`, `slot-conflict` with alternatives, `hold-expired`,
 * `illegal-transition`, `payment-refused`, `insufficient-credits`, and `dependency-unavailable` with nothing half done.
 */
export async function createBooking(deps: CreateBookingDeps, input: CreateBookingInput, scope: CallScope): Promise<BookingRecord> {
  assertPaymentComplete(input.payment)
  const repeated = await findRepeat(deps, input.key)
  if (repeated) return repeated
  const wish = { ...input, attendeeCount: (input.attendees?.length ?? 0) + 1 }
  const quoteNow = () => quoteBooking(deps, { ...pickWish(wish), now: deps.now() }, scope)
  const attemptId = deps.newId()
  const claimWith = async (quote: SpaceQuote) => {
    const due = settleDue(quote, input.payment?.method)
    assertUnbroken(quote.brokenRules)
    // An open breaker would send nothing: say so before anything is written.
    if (due.isDue && !deps.payments.isReachable()) throw dependencyUnavailable('payment', 5)
    const attempt = due.isDue ? toAttempt({ id: attemptId, due, token: input.payment?.token, currency: quote.currency }) : undefined
    deps.reach('create.before-claim')
    const outcome = await deps.store.claim(toClaim(deps, input, { quote, due, attempt }), { now: deps.now(), by: input.by })
    deps.reach('create.after-claim')
    return { outcome, attempt }
  }
  const { outcome, attempt } = await claimFresh(deps, { quoteNow, claimWith, attendeeCount: wish.attendeeCount }, { input, scope })
  if (outcome.outcome === 'repeat') return (await findPromised(deps, outcome.bookingId))!
  deps.metrics.claimed('booking')
  if (!attempt) return outcome.booking
  const wait = { scope, waitMs: waitFor(scope, deps.authorizeWaitMs) }
  const paid = await authorizeWithin(deps, { attempt, booking: outcome.booking, by: input.by, step: 'create' }, wait)
  return paid === 'pending' ? outcome.booking : paid
}

interface FreshClaim<T> {
  quoteNow: () => Promise<SpaceQuote>
  claimWith: (quote: SpaceQuote) => Promise<T>
  attendeeCount: number
}

/** Claims with a quote; one that the space has outgrown is fetched again once. A conflict is answered with alternatives. */
export async function claimFresh<T>(
  deps: QuoteDeps & SuggestDeps,
  claim: FreshClaim<T>,
  { input, scope }: { input: { spaceId: string; startsAt: Date; endsAt: Date; bookingId?: string }; scope: CallScope },
): Promise<T> {
  let quote = await claim.quoteNow()
  for (let refetched = false; ; refetched = true) {
    // Nobody waits for it any more: whoever asked has been told 504, and a claim would stand for a booking they do not know of.
    scope.signal?.throwIfAborted()
    try {
      return await claim.claimWith(quote)
    } catch (error) {
      if (isRefusal(error, 'quote-stale') && !refetched) {
        quote = await claim.quoteNow()
        continue
      }
      if (isRefusal(error, 'slot-conflict')) {
        const alternatives = await suggestAlternatives(deps, { ...input, quote, attendeeCount: claim.attendeeCount }, scope)
        throw slotConflict(error.facts as { startsAt: string; endsAt: string }[], alternatives)
      }
      throw toPublicError(error)
    }
  }
}

export function toAttempt(of: { id: string; due: Due; token?: string; currency: string }): NewAttempt {
  const { method, amountMinor, amountCredits } = of.due
  return { id: of.id, method: method as PaymentMethod, token: of.token ?? null, currency: of.currency, amountMinor, amountCredits }
}

const pickWish = ({ userId, spaceId, unitId, startsAt, endsAt, teamId, attendeeCount }: CreateBookingInput & { attendeeCount: number }) => ({
  userId,
  spaceId,
  unitId,
  startsAt,
  endsAt,
  teamId,
  attendeeCount,
})

function toClaim(deps: CreateBookingDeps, input: CreateBookingInput, of: { quote: SpaceQuote; due: Due; attempt?: NewAttempt }): ClaimInput {
  const now = deps.now()
  const { quote, due, attempt } = of
  const booking: BookingColumns = {
    id: deps.newId(),
    user_id: input.userId,
    team_id: input.teamId ?? null,
    ...toSpaceColumns(quote, input),
    status: attempt ? 'pending_payment' : 'confirmed',
    version: 1,
    title: input.title ?? null,
    attendees: input.attendees ?? [],
    payment_method: due.method,
    payment_status: attempt ? 'pending' : 'none',
    attempt_id: attempt?.id ?? null,
    hold_expires_at: attempt ? new Date(now.getTime() + deps.holdTtlSeconds * 1000).toISOString() : null,
    withdrawn: false,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
  }
  // With a hold the unit it has is the one asked for unless another is named.
  if (input.holdId) booking.unit_id = input.unitId ?? null
  return { booking, ...toUnits(quote), references: deps.newReferences(), holdId: input.holdId, unitAsked: input.unitId !== undefined, key: input.key, attempt }
}

/** Columns that a quote decides, as the database functions take them. */
export function toSpaceColumns(quote: SpaceQuote, interval: { startsAt: Date; endsAt: Date }) {
  return {
    space_id: quote.space.id,
    location_id: quote.location.id,
    kind: quote.space.kind,
    space_name: quote.space.name,
    location_name: quote.location.name,
    time_zone: quote.location.timeZone,
    starts_at: formatInstant(interval.startsAt),
    ends_at: formatInstant(interval.endsAt),
    buffer_before_minutes: quote.space.bufferBeforeMinutes,
    buffer_after_minutes: quote.space.bufferAfterMinutes,
    ...toPriceColumns(quote),
    policy: quote.policy,
  }
}

/** Columns of the price alone; none without a quote. */
export function toPriceColumns(quote: SpaceQuote | undefined) {
  return (
    quote && {
      currency: quote.currency,
      net_minor: quote.netMinor,
      tax_minor: quote.taxMinor,
      total_minor: quote.totalMinor,
      total_credits: quote.totalCredits,
      lines: quote.lines,
    }
  )
}

export function toUnits(quote: SpaceQuote) {
  return {
    units: quote.units.map(({ id }) => id),
    unitNames: Object.fromEntries(quote.units.map(({ id, name }) => [id, name])),
    revision: quote.space.revision,
  }
}
