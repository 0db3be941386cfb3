import { minuteMs } from '@alcove/rules'
import { illegalTransition, ruleBroken, toPublicError } from '../errors.ts'
import type { BookingRecord, By, IdempotencyKey } from './booking.ts'
import { findRepeat } from './create-booking.ts'
import type { BookingKillPoint } from './kill-points.ts'
import type { BookingReader, BookingStore, TransitionOutcome, VersionedInput, Act } from './ports.ts'

export interface AttendBookingDeps {
  store: BookingStore
  reader: BookingReader
  now: () => Date
  reach: (name: BookingKillPoint) => void
  /** How long before the start one may check in. */
  checkInOpensMinutes: number
}

export interface AttendBookingInput {
  booking: BookingRecord
  key?: IdempotencyKey
  by: By
}

/** Checks in, from `checkInOpensMinutes` before the start until the end; else `rules-broken` (`check-in-window`). */
export async function checkInBooking(deps: AttendBookingDeps, input: AttendBookingInput): Promise<BookingRecord> {
  const repeated = await findRepeat(deps, input.key)
  if (repeated) return repeated
  const { booking } = input
  const now = deps.now()
  if (booking.status !== 'confirmed') throw illegalTransition('Only a confirmed booking can be checked in.')
  if (now.getTime() < booking.startsAt.getTime() - deps.checkInOpensMinutes * minuteMs || now >= booking.endsAt) {
    throw ruleBroken('check-in-window', `Check-in is open from ${deps.checkInOpensMinutes} minutes before the start until the end.`)
  }
  const done = await write(deps, input, (versioned, act) => deps.store.checkIn(versioned, act))
  deps.reach('check-in.after-write')
  return done
}

/** Checks out; before the end it frees the rest of the claim, the buffer after it apart. */
export async function checkOutBooking(deps: AttendBookingDeps, input: AttendBookingInput): Promise<BookingRecord> {
  const repeated = await findRepeat(deps, input.key)
  if (repeated) return repeated
  if (input.booking.status !== 'checked_in') throw illegalTransition('Only a booking that is checked in can be checked out.')
  const done = await write(deps, input, (versioned, act) => deps.store.checkOut(versioned, act))
  deps.reach('check-out.after-write')
  return done
}

async function write(
  deps: AttendBookingDeps,
  { booking, key, by }: AttendBookingInput,
  run: (versioned: VersionedInput, act: Act) => Promise<TransitionOutcome>,
): Promise<BookingRecord> {
  try {
    const outcome = await run({ bookingId: booking.id, version: booking.version, key }, { now: deps.now(), by })
    return outcome.outcome === 'repeat' ? (await deps.reader.find(outcome.bookingId))! : outcome.booking
  } catch (error) {
    const known = toPublicError(error)
    // Without If-Match there is no version to be stale: somebody else was quicker.
    throw (known as { slug?: string }).slug === 'version-stale' ? illegalTransition('The booking has just changed.') : known
  }
}
