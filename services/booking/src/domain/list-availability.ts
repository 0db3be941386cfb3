import type { Schedules, SpaceAvailability } from '@alcove/contracts'
import { freeIntervals, minuteMs, type Interval } from '@alcove/rules'
import { createInstantFormatter } from './instants.ts'
import type { CallScope, ClaimSource, ScheduleRequest, SpaceSource, UnitClaims } from './ports.ts'

export interface ListAvailabilityDeps {
  spaces: SpaceSource
  claims: ClaimSource
  now: () => Date
}

export interface AvailabilityRequest extends ScheduleRequest {
  durationMinutes?: number
}

// A descent of the index for each unit costs about as much as this many claims read in order.
const unitsFewMax = 40

/**
 * Free time of every asked space after hours, closures, buffers and claims. Each interval is bookable as a whole on at
 * least one single unit.
 */
export async function listAvailability(deps: ListAvailabilityDeps, request: AvailabilityRequest, scope: CallScope): Promise<SpaceAvailability[]> {
  const { durationMinutes, ...asked } = request
  const schedules = await deps.spaces.listSchedules(asked, scope)
  const claims = await readClaims(deps, schedules, asked)
  const locations = new Map(schedules.locations.map((location) => [location.id, { timeZone: location.timeZone, open: location.open.map(toInterval) }]))
  const format = createInstantFormatter()
  return schedules.spaces.map((space) => {
    const location = locations.get(space.locationId)
    const free = freeIntervals({
      open: location?.open ?? [],
      closed: space.closed.map(toInterval),
      claims: space.unitIds.map((id) => claims.get(id) ?? noClaims),
      bufferBeforeMinutes: space.bufferBeforeMinutes,
      bufferAfterMinutes: space.bufferAfterMinutes,
      gridMinutes: space.gridMinutes,
      // What is shorter than the policy allows can be booked by nobody.
      durationMinutes: Math.max(durationMinutes ?? 0, space.minMinutes ?? 0),
      timeZone: location?.timeZone ?? 'UTC',
    })
    return {
      spaceId: space.id,
      free: free.map(({ startsAt, endsAt, unitsFree }) => ({
        startsAt: format(startsAt),
        endsAt: format(endsAt),
        unitsFree,
      })),
    }
  })
}

const noClaims: Interval[] = []
const toInterval = ({ startsAt, endsAt }: { startsAt: string; endsAt: string }): Interval => ({ startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt) })

async function readClaims(deps: ListAvailabilityDeps, schedules: Schedules, { from, to }: ScheduleRequest): Promise<UnitClaims> {
  const now = deps.now()
  const widest = Math.max(0, ...schedules.spaces.map(({ bufferBeforeMinutes, bufferAfterMinutes }) => Math.max(bufferBeforeMinutes, bufferAfterMinutes)))
  const range = { from: new Date(from.getTime() - widest * minuteMs), to: new Date(to.getTime() + widest * minuteMs) }
  const units = schedules.spaces.flatMap(({ unitIds }) => unitIds)
  if (units.length <= unitsFewMax) return deps.claims.listOfUnits(units, range, now)
  const parts = await Promise.all(schedules.locations.map(({ id }) => deps.claims.listOfLocation(id, range, now)))
  return new Map(parts.flatMap((part) => [...part]))
}
