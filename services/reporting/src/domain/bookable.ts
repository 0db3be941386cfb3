import { mergeIntervals, openPeriods, type Interval } from '@alcove/rules'
import type { ClosureModel, LocationModel, SpaceModel } from './models.ts'

const minuteMs = 60_000

/** Minutes in which one unit of a space could be booked, for each of the buckets in their order. */
function openMinutes(location: LocationModel, closures: readonly ClosureModel[], buckets: readonly Interval[]): number[] {
  const closed = mergeIntervals(closures)
  return buckets.map((bucket) => Math.round(openPeriods(location, bucket, closed).reduce((sum, period) => sum + period.endsAt - period.startsAt, 0) / minuteMs))
}

/**
 * Bookable minutes of each space in each bucket: opening hours less closures, times active units. Today's hours and
 * units are applied to the whole range. An archived location and a disabled space have none.
 */
export function countBookable(
  location: LocationModel,
  { spaces, closures }: { spaces: readonly SpaceModel[]; closures: readonly ClosureModel[] },
  buckets: readonly Interval[],
): Map<string, number[]> {
  const whole = closures.filter(({ spaceIds }) => spaceIds === null)
  // Most spaces have no closure of their own: worked out once for all of them.
  let shared: number[] | undefined
  return new Map(
    spaces.map((space) => {
      if (!location.isActive || space.unitsActive === 0) return [space.id, buckets.map(() => 0)]
      const own = closures.filter(({ spaceIds }) => spaceIds?.includes(space.id))
      const minutes = own.length > 0 ? openMinutes(location, [...whole, ...own], buckets) : (shared ??= openMinutes(location, whole, buckets))
      return [space.id, minutes.map((count) => count * space.unitsActive)]
    }),
  )
}
