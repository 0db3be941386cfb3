import { dependencyUnavailable, illegalTransition, toPublicError } from '../errors.ts'
import { authorizeWithin, waitFor, type AuthorizeDeps } from './authorize-payment.ts'
import type { BookingRecord, By, IdempotencyKey, PaymentMethod } from './booking.ts'
import { findPromised, findRepeat, toAttempt } from './create-booking.ts'
import type { BookingReader, CallScope, TransitionOutcome } from './ports.ts'
import { assertPaymentComplete, settleDue } from './quote-booking.ts'

export interface PayBookingDeps extends AuthorizeDeps {
  reader: BookingReader
  newId: () => string
  authorizeWaitMs: number
}

export interface PayBookingInput {
  booking: BookingRecord
  payment: { method: PaymentMethod; token?: string }
  key?: IdempotencyKey
  by: By
}

/**
 * Pays for a booking that waits for payment: a new try with an attempt of its own. Answers it confirmed, or still pending
 * while payment has not answered. Throws `illegal-transition` unless it waits and has no open attempt, 402 for a refusal
 * (it goes on waiting until its expiry), and `dependency-unavailable` when nothing was sent.
 */
export async function payBooking(deps: PayBookingDeps, input: PayBookingInput, scope: CallScope): Promise<BookingRecord> {
  assertPaymentComplete(input.payment)
  const repeated = await findRepeat(deps, input.key)
  if (repeated) return repeated
  const { booking, by, key } = input
  if (booking.status !== 'pending_payment') throw illegalTransition('This booking does not wait for a payment.')
  if (booking.openAttempt) throw illegalTransition('A payment of this booking is still being handled.')
  const due = settleDue(booking, input.payment.method)
  if (!deps.payments.isReachable()) throw dependencyUnavailable('payment', 5)
  const attempt = toAttempt({ id: deps.newId(), due, token: input.payment.token, currency: booking.currency })
  scope.signal?.throwIfAborted()
  deps.reach('pay.before-start')
  let started: TransitionOutcome
  try {
    started = await deps.store.startPayment({ bookingId: booking.id, attempt, key }, { now: deps.now(), by })
  } catch (error) {
    throw toPublicError(error)
  }
  deps.reach('pay.after-start')
  if (started.outcome === 'repeat') return (await findPromised(deps, started.bookingId))!
  const wait = { scope, waitMs: waitFor(scope, deps.authorizeWaitMs) }
  const paid = await authorizeWithin(deps, { attempt, booking, by, step: 'pay' }, wait)
  return paid === 'pending' ? ((await deps.reader.find(booking.id)) ?? started.booking) : paid
}
