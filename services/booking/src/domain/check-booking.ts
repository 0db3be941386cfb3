import type { Alternative, BrokenRule, SpaceQuote } from '@alcove/contracts'
import type { BookingReader, CallScope } from './ports.ts'
import { quoteBooking, type QuoteDeps, type QuoteWish } from './quote-booking.ts'
import { suggestAlternatives, type SuggestDeps } from './suggest-alternatives.ts'

export interface CheckBookingDeps extends QuoteDeps, SuggestDeps {
  reader: BookingReader
}

export interface BookingCheckResult {
  bookable: boolean
  brokenRules: BrokenRule[]
  conflicts: { startsAt: string; endsAt: string }[]
  alternatives: Alternative[]
  quote: SpaceQuote
}

const minuteMs = 60_000

/** What creating would say, without writing anything: every broken rule, conflicts, alternatives and the price. */
export async function checkBooking(deps: CheckBookingDeps, wish: Omit<QuoteWish, 'now'> & { holdId?: string }, scope: CallScope): Promise<BookingCheckResult> {
  const { holdId, ...asked } = wish
  const now = deps.now()
  const quote = await quoteBooking(deps, { ...asked, now }, scope)
  const { space, location } = quote
  const brokenRules = [...quote.brokenRules]
  const place = { locationId: location.id, spaceId: space.id, startsAt: wish.startsAt, endsAt: wish.endsAt }
  const hasLength = wish.startsAt < wish.endsAt
  if (hasLength && !brokenRules.some(({ code }) => code === 'closed') && (await deps.reader.isClosed(place))) {
    brokenRules.push({ code: 'closed', detail: 'The space is closed at that time.' })
  }
  const want = {
    unitIds: quote.units.map(({ id }) => id),
    from: new Date(wish.startsAt.getTime() - space.bufferBeforeMinutes * minuteMs),
    to: new Date(wish.endsAt.getTime() + space.bufferAfterMinutes * minuteMs),
    bookingId: holdId,
  }
  const conflicts = hasLength && want.unitIds.length > 0 ? await deps.claims.listConflicts(want, now) : []
  const alternatives = conflicts.length > 0 ? await suggestAlternatives(deps, { ...asked, quote, bookingId: holdId }, scope) : []
  return { bookable: brokenRules.length === 0 && conflicts.length === 0, brokenRules, conflicts, alternatives, quote: { ...quote, brokenRules } }
}
