import type { BrokenRule, SpaceQuote } from '@alcove/contracts'
import { illegalTransition, ruleBroken } from '../errors.ts'
import type { BookingRecord } from './booking.ts'

export interface ChangeTarget {
  spaceId: string
  unitId?: string
  startsAt: Date
  endsAt: Date
}

/** What a change adds to a booking. `addedFrom`: up to there it has the time already, at the same place. */
export type ChangeScope =
  /** Another place or start: every rule is judged on the whole. */
  | { kind: 'move'; runs: false; addedFrom?: undefined }
  /** A later end alone: rules are judged on what is added. */
  | { kind: 'extend'; runs: boolean; addedFrom: Date }
  /** Nothing is added: no lead time, closure or opening hour can stand in the way. */
  | { kind: 'cut'; runs: boolean; addedFrom: Date }

/** Whether somebody is or may be in it now: checked in, or confirmed and begun. */
export function isRunning(booking: Pick<BookingRecord, 'status' | 'startsAt'>, now: Date): boolean {
  return booking.status === 'checked_in' || (booking.status === 'confirmed' && booking.startsAt <= now)
}

/**
 * Sorts a change by what it adds. A running booking keeps its start and place (`illegal-transition`), and its new end must lie
 * in the future (`in-the-past`).
 */
export function toChangeScope(booking: BookingRecord, target: ChangeTarget, now: Date): ChangeScope {
  const runs = isRunning(booking, now)
  const keepsPlace = target.spaceId === booking.spaceId && (target.unitId === undefined || target.unitId === booking.unitId)
  const keepsStart = +target.startsAt === +booking.startsAt
  if (runs) assertOnlyEndMoves(booking, target, { now, isOnlyEnd: keepsPlace && keepsStart })
  if (!keepsPlace || target.endsAt <= target.startsAt || !(runs || booking.status === 'confirmed')) return { kind: 'move', runs: false }
  if (target.startsAt >= booking.startsAt && target.endsAt <= booking.endsAt) return { kind: 'cut', runs, addedFrom: target.endsAt }
  return keepsStart ? { kind: 'extend', runs, addedFrom: booking.endsAt } : { kind: 'move', runs: false }
}

function assertOnlyEndMoves(booking: BookingRecord, target: ChangeTarget, { now, isOnlyEnd }: { now: Date; isOnlyEnd: boolean }): void {
  if (booking.endsAt <= now) throw illegalTransition('The booking is over and can no longer be changed.')
  if (target.endsAt <= target.startsAt) throw ruleBroken('interval-invalid', 'The end must be after the start.')
  if (target.endsAt <= now) throw ruleBroken('in-the-past', 'The new end lies in the past. Give an end that is still to come.')
  if (!isOnlyEnd) throw illegalTransition('The booking has begun: its start and its place stay, only its end can be changed.')
}

// A shorter booking still has a length and ends of its own; what it lies in was judged when it was booked.
const ofShape = new Set(['too-short', 'too-long', 'off-grid'])

/** The broken rules of a quote that concern what the change adds. */
export function pickBrokenRules(quote: SpaceQuote, scope: ChangeScope, of: { booking: BookingRecord; addsPeople: boolean }): BrokenRule[] {
  if (scope.kind === 'move') return quote.brokenRules
  const rules = quote.brokenRules.filter(({ code }) => {
    if (code === 'capacity-exceeded') return of.addsPeople
    return scope.kind === 'extend' || (!scope.runs && ofShape.has(code))
  })
  // What runs stays in its unit, so that unit has to be there for longer.
  const lacksUnit = scope.kind === 'extend' && scope.runs && !quote.units.some(({ id }) => id === of.booking.unitId)
  if (lacksUnit && !rules.some(({ code }) => code === 'not-bookable')) rules.push({ code: 'not-bookable', detail: 'The unit cannot be booked any longer.' })
  return rules
}

/**
 * The price of a booking cut short: today's, but never more than it costs already, in another currency, or where there is no
 * price any more. Undefined: the price stays as it is.
 */
export function findLowerPrice(booking: BookingRecord, quote: SpaceQuote): SpaceQuote | undefined {
  const isPriced = quote.lines.length > 0 || quote.totalCredits !== null || booking.totalMinor === 0
  if (!isPriced || quote.currency !== booking.currency || quote.totalMinor > booking.totalMinor) return undefined
  if (booking.paymentMethod !== 'credits') return quote
  return quote.totalCredits !== null && quote.totalCredits <= (booking.totalCredits ?? 0) ? quote : undefined
}
