import type { Attendee, SpaceQuote } from '@alcove/contracts'
import { dependencyUnavailable, illegalTransition, malformedMember, ruleBroken, toPublicError } from '../errors.ts'
import { authorizeWithin, waitFor } from './authorize-payment.ts'
import type { BookingRecord, By, NewAttempt, PaymentMethod } from './booking.ts'
import { claimFresh, toAttempt, toSpaceColumns, toUnits, type CreateBookingDeps } from './create-booking.ts'
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
 * runs every create rule again, its own claim aside: a higher price is authorized first (the answer has `pendingChange`
 * while that is open, and 402 leaves the booking as it was), a lower one is refunded by keeping less.
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
  const target = {
    spaceId: input.spaceId ?? booking.spaceId,
    // A unit belongs to its space: moving elsewhere leaves it behind.
    unitId: input.unitId,
    startsAt: input.startsAt ?? booking.startsAt,
    endsAt: input.endsAt ?? booking.endsAt,
  }
  const attendeeCount = (input.attendees ?? booking.attendees).length + 1
  const { userId, teamId } = booking
  const quoteNow = () => quoteBooking(deps, { userId, ...target, teamId: teamId ?? undefined, attendeeCount, now: deps.now() }, scope)
  const ids = { change: deps.newId(), attempt: deps.newId() }
  const claimWith = async (quote: SpaceQuote) => {
    const difference = judgeDifference(booking, quote, input.payment)
    assertUnbroken(quote.brokenRules)
    assertChangeable(booking, deps.now())
    if (difference.isDue && !deps.payments.isReachable()) throw dependencyUnavailable('payment', 5)
    const attempt = difference.isDue ? toAttempt({ id: ids.attempt, due: difference, token: input.payment?.token, currency: quote.currency }) : undefined
    deps.reach('change.before-claim')
    const now = deps.now()
    const started = await deps.store.startChange(
      {
        bookingId: booking.id,
        userId,
        version: booking.version,
        target: { ...toSpaceColumns(quote, target), ...toWords(input) },
        ...toUnits(quote),
        changeId: ids.change,
        attempt,
        expiresAt: new Date(now.getTime() + deps.holdTtlSeconds * 1000).toISOString(),
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

async function payDifference(
  deps: CreateBookingDeps,
  started: { booking: BookingRecord; attempt: NewAttempt; by: By },
  scope: CallScope,
): Promise<BookingRecord> {
  const wait = { scope, waitMs: waitFor(scope, deps.authorizeWaitMs) }
  const paid = await authorizeWithin(deps, { ...started, step: 'change' }, wait)
  return paid === 'pending' ? started.booking : paid
}

/** Only a confirmed booking that has not begun moves, one change at a time. */
function assertChangeable(booking: BookingRecord, now: Date): void {
  if (booking.status !== 'confirmed' || booking.startsAt <= now) throw illegalTransition('Only a confirmed booking that has not begun can be moved.')
  if (booking.pendingChange && booking.pendingChange.expiresAt > now) throw illegalTransition('Another change of this booking is waiting for its payment.')
}

/** What the new price asks beyond the old one. It is paid the way the booking was. */
function judgeDifference(booking: BookingRecord, quote: SpaceQuote, payment: ChangeBookingInput['payment']): Due {
  const none: Due = { method: booking.paymentMethod, amountMinor: 0, amountCredits: 0, isDue: false }
  if (booking.paymentMethod === 'none') return settleDue(quote, payment?.method)
  if (payment && payment.method !== booking.paymentMethod) {
    throw malformedMember('/payment/method', `This booking is paid with ${booking.paymentMethod}.`, 'enum')
  }
  if (quote.currency !== booking.currency && quote.totalMinor > 0) {
    throw ruleBroken('not-bookable', 'A booking cannot move to a space that is priced in another currency.')
  }
  if (booking.paymentMethod === 'credits') {
    if (quote.totalCredits === null && quote.totalMinor > 0) throw ruleBroken('not-bookable', 'That space cannot be paid for with credits.')
    const amountCredits = (quote.totalCredits ?? 0) - (booking.totalCredits ?? 0)
    return amountCredits > 0 ? { method: 'credits', amountMinor: 0, amountCredits, isDue: true } : none
  }
  const amountMinor = quote.totalMinor - booking.totalMinor
  if (amountMinor <= 0) return none
  if (!payment) throw malformedMember('/payment', 'The difference has to be paid: say how.')
  return { method: 'card', amountMinor, amountCredits: 0, isDue: true }
}
