import type { BodyOf, BrokenRule, quoteSpace as quoteSpaceOperation, SpaceQuote } from '@alcove/contracts'
import { type Interval, isMeasurable, judgeInterval, overlaps, type Price, priceInterval } from '@alcove/rules'
import { notFound } from '../errors.ts'
import type { Catalogue, CatalogueLocation, CatalogueSpace } from './catalogue.ts'

type QuoteInput = BodyOf<typeof quoteSpaceOperation>

// Price books are checked when they are written, but some stand that were checked by older rules. Nothing is given away for that.
const unpriced: BrokenRule = { code: 'not-bookable', detail: 'The price book of the space has no price for this time.' }
const nothing: Price = { lines: [], netMinor: 0, taxMinor: 0, totalMinor: 0, totalCredits: null }

/** Instants are whole seconds. */
const toMs = (instant: string): number => Math.floor(Date.parse(instant) / 1000) * 1000

/**
 * Every static rule that a booking would break, all at once, and what it costs. An interval that has no length, or is
 * longer than anything that can be booked, has no price. With `addedFrom` only what is added to a booking is judged.
 * @throws 404 unknown or archived space, or a unit that is none of its active ones
 */
export async function quoteSpace(deps: { catalogue: Catalogue }, input: QuoteInput): Promise<SpaceQuote> {
  const location = await deps.catalogue.findLocationOfSpace(input.spaceId, input.revisionMin)
  const space = location?.spaces.get(input.spaceId)
  if (!location || !space) throw notFound('There is no such space.')
  const units = input.unitId === undefined ? space.units : space.units.filter(({ id }) => id === input.unitId)
  if (input.unitId !== undefined && units.length === 0) throw notFound('There is no such unit in the space.')
  const interval = { startsAt: toMs(input.startsAt), endsAt: toMs(input.endsAt) }
  const price = isMeasurable(interval) ? priceOf(location, space, { interval, planId: input.planId }) : nothing
  const rules = judge(location, space, { interval, input })
  return {
    space: {
      id: space.id,
      locationId: space.locationId,
      name: space.name,
      kind: space.kind,
      capacity: space.capacity,
      revision: space.revision,
      status: space.status,
      bufferBeforeMinutes: space.bufferBeforeMinutes,
      bufferAfterMinutes: space.bufferAfterMinutes,
    },
    location: { id: location.id, name: location.name, timeZone: location.timeZone, currency: location.currency, weekStartsOn: location.weekStartsOn },
    units,
    ...(price ?? nothing),
    lines: [...(price ?? nothing).lines],
    currency: location.currency,
    policy: space.policy,
    brokenRules: price ? rules : [...rules.filter(({ code }) => code !== unpriced.code), unpriced],
  }
}

interface Asked {
  interval: Interval
  input: QuoteInput
}

function judge(location: CatalogueLocation, space: CatalogueSpace, { interval, input }: Asked): SpaceQuote['brokenRules'] {
  return judgeInterval({
    interval,
    at: Date.parse(input.at),
    timeZone: location.timeZone,
    policy: space.policy,
    hours: location.openingHours,
    closures: closuresHitting(location, space, interval),
    capacity: space.capacity,
    attendeeCount: input.attendeeCount,
    isBookable: space.status === 'active' && space.units.length > 0,
    addedFrom: input.addedFrom === undefined ? undefined : toMs(input.addedFrom),
  })
}

function priceOf(location: CatalogueLocation, space: CatalogueSpace, { interval, planId }: { interval: Interval; planId: string | null }): Price | undefined {
  return priceInterval({ interval, planId, timeZone: location.timeZone, priceBook: space.priceBook, kind: space.kind, taxRatePercent: location.taxRatePercent })
}

const closuresHitting = (location: CatalogueLocation, space: CatalogueSpace, interval: Interval): Interval[] =>
  [...location.closures, ...space.closures].filter((closure) => overlaps(closure, interval))
