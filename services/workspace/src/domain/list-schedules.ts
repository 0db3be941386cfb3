import type { BodyOf, listSchedules as listSchedulesOperation, Schedules } from '@alcove/contracts'
import { dayMs, type Interval, openPeriods, overlaps } from '@alcove/rules'
import { malformed } from '../errors.ts'
import type { Catalogue, CatalogueLocation, CatalogueSpace } from './catalogue.ts'
import { toInstantText } from './closure.ts'

type Filter = BodyOf<typeof listSchedulesOperation>

const spacesMax = 2_000
const daysMax = 400

const toPeriod = ({ startsAt, endsAt }: Interval) => ({ startsAt: toInstantText(new Date(startsAt)), endsAt: toInstantText(new Date(endsAt)) })

/**
 * Open periods of locations, and units, buffers and closures of active spaces, for availability. Spaces come by location
 * and then by id, at most 2,000.
 * @throws 400 when `to` is not after `from` or more than 400 days later
 */
export async function listSchedules(deps: { catalogue: Catalogue }, filter: Filter): Promise<Schedules> {
  const range = { startsAt: Date.parse(filter.from), endsAt: Date.parse(filter.to) }
  if (range.endsAt <= range.startsAt || range.endsAt - range.startsAt > daysMax * dayMs) {
    throw malformed([{ pointer: '/to', code: 'range', detail: `must be after from and at most ${daysMax} days later` }])
  }
  const wanted = filter.spaceIds && new Set(filter.spaceIds)
  const schedules: Schedules = { locations: [], spaces: [] }
  for (const location of await findLocations(deps.catalogue, filter)) {
    const spaces = [...location.spaces.values()].filter((space) => isMatch(space, filter) && (!wanted || wanted.has(space.id)))
    if (spaces.length === 0 && filter.locationId === undefined) continue
    const open = openPeriods(location, range, location.closures)
    schedules.locations.push({ id: location.id, timeZone: location.timeZone, open: open.map(toPeriod) })
    for (const space of spaces) if (schedules.spaces.length < spacesMax) schedules.spaces.push(toSchedule(space, range))
  }
  return schedules
}

async function findLocations(catalogue: Catalogue, { spaceIds, locationId }: Filter): Promise<CatalogueLocation[]> {
  const found = spaceIds
    ? await Promise.all(spaceIds.map((id) => catalogue.findLocationOfSpace(id)))
    : await Promise.all((locationId === undefined ? await catalogue.listLocationIds() : [locationId]).map((id) => catalogue.findLocation(id)))
  return [...new Set(found)].filter((location) => location !== undefined && (locationId === undefined || location.id === locationId)) as CatalogueLocation[]
}

function isMatch(space: CatalogueSpace, { kind, capacityMin, amenities }: Filter): boolean {
  if (space.status !== 'active' || space.units.length === 0) return false
  if (kind !== undefined && space.kind !== kind) return false
  if (capacityMin !== undefined && space.capacity < capacityMin) return false
  return !amenities || amenities.every((amenity) => space.amenities.includes(amenity))
}

function toSchedule(space: CatalogueSpace, range: Interval): Schedules['spaces'][number] {
  const { id, locationId, kind, capacity, bufferBeforeMinutes, bufferAfterMinutes, units, policy } = space
  return {
    id,
    locationId,
    kind,
    capacity,
    bufferBeforeMinutes,
    bufferAfterMinutes,
    unitIds: units.map((unit) => unit.id),
    closed: space.closures.filter((closure) => overlaps(closure, range)).map(toPeriod),
    gridMinutes: policy.gridMinutes ?? null,
    ...pickLimits(policy),
  }
}

function pickLimits({ minMinutes, maxMinutes, leadMinutes, advanceDays }: CatalogueSpace['policy']) {
  return Object.fromEntries(Object.entries({ minMinutes, maxMinutes, leadMinutes, advanceDays }).filter(([, limit]) => limit !== undefined))
}
