import type { Schedules } from '@alcove/contracts'
import { clipToStarts, listFreeTimes, minuteMs, type Interval } from '@alcove/rules'
import type { CallScope, ClaimSource, ScheduleRequest, SpaceSource, UnitClaims } from './ports.ts'

export interface ListAvailabilityDeps {
  spaces: SpaceSource
  claims: ClaimSource
  now: () => Date
}

export interface AvailabilityRequest extends ScheduleRequest {
  durationMinutes?: number
}

/** `free` as {@link listFreeTimes} gives it. */
export interface SpaceFreeTimes {
  readonly spaceId: string
  readonly free: readonly number[]
}

type Space = Schedules['spaces'][number]
type Location = Schedules['locations'][number]

// A descent of the index for each unit costs about as much as this many claims read in order.
const unitsFewMax = 40

/**
 * Free time of every asked space after hours, closures, buffers and claims, lead time and advance window: nothing in the past.
 * Each interval is bookable as a whole on at least one single unit.
 */
export async function listAvailability(deps: ListAvailabilityDeps, request: AvailabilityRequest, scope: CallScope): Promise<SpaceFreeTimes[]> {
  const { durationMinutes, ...asked } = request
  const schedules = await deps.spaces.listSchedules(asked, scope)
  const claims = await readClaims(deps, schedules.spaces, asked)
  const locations = new Map(schedules.locations.map((location) => [location.id, createOpenTimes(location, deps.now().getTime())]))
  return schedules.spaces.map((space) => {
    const location = locations.get(space.locationId)
    const free = listFreeTimes({
      open: location?.listFor(space) ?? [],
      closed: space.closed.map(toInterval),
      claims: claims.get(space.id) ?? [],
      bufferBeforeMinutes: space.bufferBeforeMinutes,
      bufferAfterMinutes: space.bufferAfterMinutes,
      gridMinutes: space.gridMinutes,
      // What is shorter than the policy allows can be booked by nobody.
      durationMinutes: Math.max(durationMinutes ?? 0, space.minMinutes ?? 0),
      timeZone: location?.timeZone ?? 'UTC',
    })
    return { spaceId: space.id, free }
  })
}

const toInterval = ({ startsAt, endsAt }: { startsAt: string; endsAt: string }): Interval => ({ startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt) })

/** Open periods of a location for its spaces, most of which share their limits: worked out once for each kind of them. */
function createOpenTimes({ timeZone, open: periods }: Location, at: number) {
  const open = periods.map(toInterval)
  const byLimits = new Map<string, Interval[]>()
  return {
    timeZone,
    listFor({ leadMinutes, advanceDays }: Space): Interval[] {
      const limits = `${leadMinutes} ${advanceDays}`
      const known = byLimits.get(limits) ?? clipToStarts(open, { at, timeZone, policy: { leadMinutes, advanceDays } })
      byLimits.set(limits, known)
      return known
    },
  }
}

/** Claims of the units of each space, by space. */
async function readClaims(deps: ListAvailabilityDeps, spaces: readonly Space[], { from, to }: ScheduleRequest): Promise<Map<string, UnitClaims>> {
  const now = deps.now()
  let widest = 0
  let unitCount = 0
  for (const { bufferBeforeMinutes, bufferAfterMinutes, unitIds } of spaces) {
    widest = Math.max(widest, bufferBeforeMinutes, bufferAfterMinutes)
    unitCount += unitIds.length
  }
  const range = { from: new Date(from.getTime() - widest * minuteMs), to: new Date(to.getTime() + widest * minuteMs) }
  const isFew = unitCount <= unitsFewMax
  const bySpace = new Map<string, UnitClaims>()
  const read = async (locationId: string, some: readonly Space[]) => {
    const unitIds = some.flatMap((space) => space.unitIds)
    const claims = await (isFew ? deps.claims.listOfUnits(unitIds, range, now) : deps.claims.listOfLocation({ locationId, unitIds }, range, now))
    let next = 0
    for (const space of some) bySpace.set(space.id, claims.slice(next, (next += space.unitIds.length)))
  }
  const groups = isFew ? new Map([['', [...spaces]]]) : Map.groupBy(spaces, ({ locationId }) => locationId)
  await Promise.all(Array.from(groups, ([locationId, some]) => read(locationId, some)))
  return bySpace
}
