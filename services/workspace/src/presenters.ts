import type { Closure, Location, PolicyResource, PriceBookResource, Quote, Space, SpaceQuote } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'
import type { ClosureRecord } from './domain/closure.ts'
import type { LocationRecord } from './domain/location.ts'
import { type PolicyRecord, toEffectivePolicy } from './domain/policy.ts'
import type { PriceBookRecord } from './domain/price-book.ts'
import { nameUnit, type SpaceRecord } from './domain/space.ts'

const stamps = ({ createdAt, updatedAt }: { createdAt: Date; updatedAt: Date }) => ({ createdAt: toInstant(createdAt), updatedAt: toInstant(updatedAt) })

export function toLocation(record: LocationRecord): Location {
  const { id, name, timeZone, address, currency, taxRatePercent, weekStartsOn, openingHours } = record
  return { id, name, timeZone, address, currency, taxRatePercent, weekStartsOn, openingHours: openingHours as Location['openingHours'], ...stamps(record) }
}

export function toSpace(record: SpaceRecord): Space {
  const { id, locationId, name, kind, capacity, units, amenities, bufferBeforeMinutes, bufferAfterMinutes, policyId, priceBookId, status, floor } = record
  return {
    id,
    locationId,
    name,
    kind,
    capacity,
    units: units.length,
    unitList: units.map((unit) => ({ id: unit.id, name: nameUnit(record, unit), status: unit.status })),
    amenities,
    bufferBeforeMinutes,
    bufferAfterMinutes,
    ...(policyId === null ? {} : { policyId }),
    ...(priceBookId === null ? {} : { priceBookId }),
    status,
    ...(floor === null ? {} : { floor }),
    ...stamps(record),
  }
}

export function toClosure({ id, locationId, spaceIds, startsAt, endsAt, reason, createdAt }: ClosureRecord): Closure {
  const only = spaceIds.length > 0 ? { spaceIds } : {}
  return { id, locationId, ...only, startsAt: toInstant(startsAt), endsAt: toInstant(endsAt), reason, createdAt: toInstant(createdAt) }
}

export function toPolicy(record: PolicyRecord): PolicyResource {
  return { id: record.id, name: record.name, ...toEffectivePolicy(record), ...stamps(record) }
}

export function toPriceBook(record: PriceBookRecord): PriceBookResource {
  const { id, name, currency, rules, dayCapMinor } = record
  return { id, name, currency, rules: rules as PriceBookResource['rules'], ...(dayCapMinor === null ? {} : { dayCapMinor }), ...stamps(record) }
}

/** The public part of a quote. Credits are named only where there is something to pay with them. */
export function toQuote({ lines, currency, netMinor, taxMinor, totalMinor, totalCredits, policy, brokenRules }: SpaceQuote): Quote {
  const money = (amountMinor: number) => ({ amountMinor, currency })
  const credits = totalCredits === null || lines.length === 0 ? {} : { credits: totalCredits }
  return { lines, net: money(netMinor), tax: money(taxMinor), total: money(totalMinor), ...credits, policy, brokenRules }
}
