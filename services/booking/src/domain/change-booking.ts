import type { Attendee, SpaceQuote } from '@alcove/contracts'
import { dependencyUnavailable, illegalTransition, malformedMember, ruleBroken, toPublicError } from '../errors.ts'
import { authorizeWithin, waitFor } from './authorize-payment.ts'
import type { BookingRecord, By, NewAttempt, PaymentMethod } from './booking.ts'
import { findLowerPrice, pickBrokenRules, toChangeScope, type ChangeScope, type ChangeTarget } from './change-scope.ts'
import { claimFresh, toAttempt, toPriceColumns, toSpaceColumns, toUnits, type CreateBookingDeps } from './create-booking.ts'
import { formatInstant } from './instants.ts'
import type { CallScope } from './ports.ts'
import { assertPaymentComplete, assertUnbroken, quoteBooking, settleDue, type Due } from './quote-booking.ts'

export interface ChangeBookingInput {
  /** As read, of the version the caller named. */
  booking: BookingRecord
  startsAt?: Date
  endsAt?: Date
  spaceId?: string
  unitId?: string
  title?: string
  attendees?: Attendee[]
  payment?: { method: PaymentMethod; token?: string }
  by: By
}

/**
 * Changes a booking. Title and attendees alone change at once (attendees within the capacity). A new time, space or unit
 * runs every create rule again on what is new, its own claim aside; a running booking may only change its end. A higher price
 * is authorized first (the answer has `pendingChange` while that is open, and 402 leaves the booking as it was), a lower one is
 * refunded by keeping less.
 *
 * Throws what creating throws, `version-stale` and `illegal-transition`.
 */
export async function changeBooking(deps: CreateBookingDeps, input: ChangeBookingInput, scope: CallScope): Promise<BookingRecord> {
  assertPaymentComplete(input.payment)
  const { booking } = input
  const moves =
    (input.startsAt !== undefined && +input.startsAt !== +booking.startsAt) ||
    (input.endsAt !== undefined && +input.endsAt !== +booking.endsAt) ||
    (input.spaceId !== undefined && input.spaceId !== booking.spaceId) ||
    (input.unitId !== undefined && input.unitId !== booking.unitId)
  return moves ? moveBooking(deps, input, scope) : editWords(deps, input, scope)
}

async function editWords(deps: CreateBookingDeps, input: ChangeBookingInput, scope: CallScope): Promise<BookingRecord> {
  const { booking, by } = input
  const words = toWords(input)
  if (Object.keys(words).length === 0) return booking
  if (input.attendees && input.attendees.length > booking.attendees.length) {
    const { startsAt, endsAt, spaceId, userId } = booking
    const quote = await quoteBooking(deps, { userId, spaceId, startsAt, endsAt, attendeeCount: input.attendees.length + 1, now: deps.now() }, scope)
    // The time was allowed when it was booked; only the number of people is new.
    assertUnbroken(quote.brokenRules.filter(({ code }) => code === 'capacity-exceeded'))
  }
  try {
    return await deps.store.changeWords({ bookingId: booking.id, version: booking.version, words }, { now: deps.now(), by })
  } catch (error) {
    throw toPublicError(error)
  }
}

const toWords = ({ title, attendees }: ChangeBookingInput) => ({ ...(title !== undefined && { title }), ...(attendees && { attendees }) })

async function moveBooking(deps: CreateBookingDeps, input: ChangeBookingInput, scope: CallScope): Promise<BookingRecord> {
  const { booking, by } = input
  const target: ChangeTarget = {
    spaceId: input.spaceId ?? booking.spaceId,
    // A unit belongs to its space: moving elsewhere leaves it behind.
    unitId: input.unitId,
    startsAt: input.startsAt ?? booking.startsAt,
    endsAt: input.endsAt ?? booking.endsAt,
  }
  const addition = toChangeScope(booking, target, deps.now())
  const attendeeCount = (input.attendees ?? booking.attendees).length + 1
  const quoteNow = () => quoteBooking(deps, { ...toWish(booking, target, addition), attendeeCount, now: deps.now() }, scope)
  const ids = { change: deps.newId(), attempt: deps.newId() }
  const claimWith = async (quote: SpaceQuote) => {
    const difference = addition.kind === 'cut' ? nothingDue(booking) : judgeDifference(booking, quote, input.payment)
    assertUnbroken(pickBrokenRules(quote, addition, { booking, addsPeople: attendeeCount > booking.attendees.length + 1 }))
    assertChangeable(booking, deps.now())
    if (difference.isDue && !deps.payments.isReachable()) throw dependencyUnavailable('payment', 5)
    const attempt = difference.isDue ? toAttempt({ id: ids.attempt, due: difference, token: input.payment?.token, currency: quote.currency }) : undefined
    deps.reach('change.before-claim')
    const now = deps.now()
    const started = await deps.store.startChange(
      {
        bookingId: booking.id,
        userId: booking.userId,
        version: booking.version,
        target: { ...toColumns(booking, quote, { target, addition }), ...toWords(input) },
        ...(addition.kind === 'cut' || addition.runs ? toOwnUnit(booking, quote) : toUnits(quote)),
        changeId: ids.change,
        attempt,
        expiresAt: toExpiry(booking, addition, new Date(now.getTime() + deps.holdTtlSeconds * 1000)).toISOString(),
        addedFrom: addition.addedFrom && formatInstant(addition.addedFrom),
      },
      { now, by },
    )
    deps.reach('change.after-claim')
    return { ...started, attempt }
  }
  const started = await claimFresh(deps, { quoteNow, claimWith, attendeeCount }, { input: { ...target, bookingId: booking.id }, scope })
  deps.metrics.claimed('change')
  if (!started.attempt) return started.booking
  return payDifference(deps, { ...started, attempt: started.attempt, by }, scope)
}

/** What workspace is asked. A booking that stays where it is has its unit, also one that nobody may book any more. */
function toWish({ userId, teamId }: BookingRecord, target: ChangeTarget, { kind, runs, addedFrom }: ChangeScope) {
  const isCut = kind === 'cut'
  const asked = isCut || runs ? { ...target, unitId: undefined } : target
  // A cut of what has not begun is judged by its new shape, so as a whole.
  return { ...asked, userId, teamId: isCut ? undefined : (teamId ?? undefined), addedFrom: isCut && !runs ? undefined : addedFrom, mayBeInactive: isCut }
}

/** Columns that change: a booking that is only cut short keeps its place, buffers and policy, and one that runs all but its end. */
function toColumns(booking: BookingRecord, quote: SpaceQuote, { target, addition }: { target: ChangeTarget; addition: ChangeScope }) {
  const times = { starts_at: formatInstant(target.startsAt), ends_at: formatInstant(target.endsAt) }
  if (addition.kind === 'cut') return { ...times, ...keepPlace(booking), ...toPriceColumns(findLowerPrice(booking, quote)) }
  if (!addition.runs) return toSpaceColumns(quote, target)
  return { ...times, ...keepPlace(booking), buffer_after_minutes: quote.space.bufferAfterMinutes, ...toPriceColumns(quote) }
}

const keepPlace = ({ spaceId, locationId }: BookingRecord) => ({ space_id: spaceId, location_id: locationId })

function toOwnUnit({ unitId, unitName }: BookingRecord, quote: SpaceQuote) {
  return { ...toUnits(quote), units: [unitId], unitNames: { [unitId]: unitName } }
}

/** A longer end that is not paid before the booking ends comes too late. */
function toExpiry(booking: BookingRecord, { runs }: ChangeScope, expiresAt: Date): Date {
  return runs && booking.endsAt < expiresAt ? booking.endsAt : expiresAt
}

async function payDifference(
  deps: CreateBookingDeps,
  started: { booking: BookingRecord; attempt: NewAttempt; by: By },
  scope: CallScope,
): Promise<BookingRecord> {
  const wait = { scope, waitMs: waitFor(scope, deps.authorizeWaitMs) }
  const paid = await authorizeWithin(deps, { ...started, step: 'change' }, wait)
  return paid === 'pending' ? started.booking : paid
}

/** Only a booking that is confirmed or checked in changes its time or place, one change at a time. */
function assertChangeable(booking: BookingRecord, now: Date): void {
  if ((booking.status !== 'confirmed' && booking.status !== 'checked_in') || booking.endsAt <= now)
    throw illegalTransition('Only a confirmed booking that is not over can be moved.')
  if (booking.pendingChange && booking.pendingChange.expiresAt > now) throw illegalTransition('Another change of this booking is waiting for its payment.')
}

const nothingDue = ({ paymentMethod }: BookingRecord): Due => ({ method: paymentMethod, amountMinor: 0, amountCredits: 0, isDue: false })

/** Whether nothing is kept of any payment: free, or given back whole when it moved to a free space. Neither method nor currency binds it then. */
function holdsNoMoney({ paymentMethod, totalMinor, totalCredits }: BookingRecord): boolean {
  if (paymentMethod === 'none') return true
  return paymentMethod === 'card' ? totalMinor === 0 : (totalCredits ?? 0) === 0
}

/** What the new price asks beyond the old one. It is paid the way the booking was, as long as there is money in it. */
function judgeDifference(booking: BookingRecord, quote: SpaceQuote, payment: ChangeBookingInput['payment']): Due {
  if (holdsNoMoney(booking)) return settleDue(quote, payment?.method ?? (booking.paymentMethod === 'credits' ? 'credits' : undefined))
  if (payment && payment.method !== booking.paymentMethod) {
    throw malformedMember('/payment/method', `This booking is paid with ${booking.paymentMethod}.`, 'enum')
  }
  if (booking.paymentMethod === 'credits') return judgeCredits(booking, quote)
  if (quote.currency !== booking.currency && quote.totalMinor > 0) {
    throw ruleBroken('not-bookable', 'A booking paid by card cannot move to a space that is priced in another currency.')
  }
  const amountMinor = quote.totalMinor - booking.totalMinor
  if (amountMinor <= 0) return nothingDue(booking)
  if (!payment) throw malformedMember('/payment', 'The difference has to be paid: say how.')
  return { method: 'card', amountMinor, amountCredits: 0, isDue: true }
}

/** Credits are the same in every currency. */
function judgeCredits(booking: BookingRecord, quote: SpaceQuote): Due {
  if (quote.totalCredits === null && quote.totalMinor > 0) throw ruleBroken('not-bookable', 'That space cannot be paid for with credits.')
  const amountCredits = (quote.totalCredits ?? 0) - (booking.totalCredits ?? 0)
  return amountCredits > 0 ? { method: 'credits', amountMinor: 0, amountCredits, isDue: true } : nothingDue(booking)
}
