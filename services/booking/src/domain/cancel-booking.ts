import { refundPercent } from '@alcove/rules'
import { illegalTransition, ruleBroken, toPublicError } from '../errors.ts'
import type { BookingRecord, By, IdempotencyKey, ReasonCode } from './booking.ts'
import type { BookingKillPoint } from './kill-points.ts'
import type { BookingReader, BookingStore, CallScope, ClosureSource } from './ports.ts'
import { isRefusal } from './refusal.ts'

export interface CancelBookingDeps {
  store: BookingStore
  reader: BookingReader
  closures: Pick<ClosureSource, 'isClosed'>
  now: () => Date
  reach: (name: BookingKillPoint) => void
}

export interface CancelBookingInput {
  booking: BookingRecord
  reason?: string
  /** Acts as an operator, on whosever booking. */
  asOperator: boolean
  isOwner: boolean
  key?: IdempotencyKey
  by: By
}

// A booking that changes under the hand is read and judged again; nothing changes it this often for long.
const triesMax = 5

/**
 * Cancels a booking with the refund of the policy frozen into it; an operator's cancel of one that a closure hits refunds
 * everything: workspace is asked whether one does, for booking's own copy may be late. Cancelling again gives the same answer.
 *
 * Throws `rules-broken` (`cancellation-window-passed`) for a member once it has begun, `illegal-transition`, and
 * `dependency-unavailable` with nothing done when the refund of an operator's cancel depends on a workspace that does not answer.
 */
export async function cancelBooking(deps: CancelBookingDeps, input: CancelBookingInput, scope: CallScope): Promise<BookingRecord> {
  let { booking } = input
  for (let tries = 1; ; tries++) {
    if (booking.status === 'cancelled' && !input.key) return booking
    const { percent, reasonCode } = await judgeRefund(deps, booking, { ...input, scope })
    deps.reach('cancel.before-write')
    try {
      const outcome = await deps.store.cancel(
        { bookingId: booking.id, version: booking.version, percent, reasonCode, reason: input.reason ?? null, key: input.key },
        { now: deps.now(), by: input.by },
      )
      deps.reach('cancel.after-write')
      return outcome.outcome === 'repeat' ? (await deps.reader.find(outcome.bookingId))! : outcome.booking
    } catch (error) {
      if (!isRefusal(error, 'version-stale') || tries === triesMax) throw toPublicError(error)
      booking = (await deps.reader.find(booking.id))!
    }
  }
}

async function judgeRefund(
  deps: CancelBookingDeps,
  booking: BookingRecord,
  { isOwner, asOperator, scope }: CancelBookingInput & { scope: CallScope },
): Promise<{ percent: number; reasonCode: ReasonCode }> {
  const now = deps.now()
  if (booking.status === 'cancelled') return { percent: 100, reasonCode: 'member' }
  if (booking.status === 'pending_payment' || booking.status === 'pending_approval') return { percent: 100, reasonCode: isOwner ? 'member' : 'operator' }
  if (booking.status !== 'confirmed') throw illegalTransition('Only a booking that is still to come can be cancelled.')
  const percent = refundPercent(booking.policy.cancellation, booking.startsAt.getTime(), now.getTime())
  if (asOperator && (await isHitByClosure(deps, booking, { percent, scope }))) return { percent: 100, reasonCode: 'closure' }
  if (!isOwner) return { percent, reasonCode: 'operator' }
  if (booking.startsAt <= now && !asOperator) throw ruleBroken('cancellation-window-passed', 'The booking has begun and can no longer be cancelled.')
  return { percent, reasonCode: 'member' }
}

async function isHitByClosure(deps: CancelBookingDeps, booking: BookingRecord, { percent, scope }: { percent: number; scope: CallScope }): Promise<boolean> {
  try {
    return await deps.closures.isClosed(booking, scope)
  } catch (error) {
    // Everything comes back either way: only the reason that is told hangs on it, and for that our own copy will do.
    if (percent === 100) return deps.reader.isClosed(booking)
    throw error
  }
}
