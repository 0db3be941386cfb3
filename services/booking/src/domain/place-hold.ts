import type { BookingRecord, By, IdempotencyKey } from './booking.ts'
import { claimFresh, findRepeat, toSpaceColumns, toUnits, type CreateBookingDeps } from './create-booking.ts'
import type { CallScope } from './ports.ts'
import { assertUnbroken, quoteBooking } from './quote-booking.ts'

export interface PlaceHoldInput {
  userId: string
  spaceId: string
  startsAt: Date
  endsAt: Date
  key?: IdempotencyKey
  by: By
}

/** A person's live holds at a time (public API). */
export const holdsMax = 3

/**
 * Holds a space for one person for `holdTtlSeconds`. Every static rule is judged as for a booking; nothing is paid.
 * Throws as creating does, and `hold-limit` for a fourth one.
 */
export async function placeHold(deps: CreateBookingDeps, input: PlaceHoldInput, scope: CallScope): Promise<BookingRecord> {
  const repeated = await findRepeat(deps, input.key)
  if (repeated) return repeated
  const { userId, spaceId, startsAt, endsAt, by, key } = input
  const quoteNow = () => quoteBooking(deps, { userId, spaceId, startsAt, endsAt, attendeeCount: 1, now: deps.now() }, scope)
  const outcome = await claimFresh(
    deps,
    {
      attendeeCount: 1,
      quoteNow,
      claimWith: async (quote) => {
        assertUnbroken(quote.brokenRules)
        const now = deps.now()
        const booking = {
          id: deps.newId(),
          user_id: userId,
          ...toSpaceColumns(quote, input),
          status: 'held',
          version: 0,
          attendees: [],
          payment_method: 'none',
          payment_status: 'none',
          hold_expires_at: new Date(now.getTime() + deps.holdTtlSeconds * 1000).toISOString(),
          withdrawn: false,
          created_at: now.toISOString(),
          updated_at: now.toISOString(),
        }
        return deps.store.claim({ booking, ...toUnits(quote), references: deps.newReferences(), holdLimit: holdsMax, key }, { now, by })
      },
    },
    { input, scope },
  )
  deps.reach('hold.after-claim')
  if (outcome.outcome === 'repeat') return (await deps.reader.find(outcome.bookingId))!
  deps.metrics.claimed('hold')
  return outcome.booking
}
