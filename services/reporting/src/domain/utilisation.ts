import type { UtilisationItem } from '@alcove/contracts'
import type { Interval } from '@alcove/rules'
import { countBookable } from './bookable.ts'
import { divideRange, type Bucket, type GroupBy } from './group.ts'
import type { Estate, LocationModel } from './models.ts'

/** A bucket of one location, as the store is asked about it. */
export interface LocationBucket extends Bucket {
  locationId: string
}

/** What is booked in one bucket; per space when asked so. */
export interface BookedRow {
  /** Index into the buckets that were asked for. */
  bucket: number
  spaceId: string | null
  minutes: number
  bookings: number
}

export interface UtilisationDeps {
  readEstate(filter: { locationId?: string; range: Interval }): Promise<Estate>
  sumBooked(buckets: readonly LocationBucket[], options: { perSpace: boolean }): Promise<BookedRow[]>
}

export interface ReportInput {
  range: Interval
  groupBy: GroupBy
  locationId?: string
}

/** Utilisation by group, keys ascending; groups without anything bookable or booked are left out. */
export async function reportUtilisation(deps: UtilisationDeps, input: ReportInput): Promise<UtilisationItem[]> {
  const estate = await deps.readEstate(input)
  const buckets = estate.locations.flatMap((location) =>
    divideRange(input.range, location, input.groupBy).map((bucket) => ({ ...bucket, locationId: location.id })),
  )
  const groups = new Map<string, { bookable: number; booked: number; bookings: number }>()
  const add = (key: string, part: { bookable?: number; booked?: number; bookings?: number }) => {
    const group = groups.get(key) ?? { bookable: 0, booked: 0, bookings: 0 }
    groups.set(key, {
      bookable: group.bookable + (part.bookable ?? 0),
      booked: group.booked + (part.booked ?? 0),
      bookings: group.bookings + (part.bookings ?? 0),
    })
  }
  const keyOf = (bucket: LocationBucket, spaceId: string) =>
    input.groupBy === 'space' ? spaceId : input.groupBy === 'location' ? bucket.locationId : bucket.key
  for (const location of estate.locations) addBookable(estate, location, { buckets, add, keyOf })
  for (const row of await deps.sumBooked(buckets, { perSpace: input.groupBy === 'space' })) {
    add(keyOf(buckets[row.bucket]!, row.spaceId ?? ''), { booked: row.minutes, bookings: row.bookings })
  }
  return [...groups]
    .filter(([, group]) => group.bookable > 0 || group.booked > 0 || group.bookings > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => ({
      key,
      bookableMinutes: group.bookable,
      bookedMinutes: group.booked,
      percent: toPercent(group.booked, group.bookable),
      bookings: group.bookings,
    }))
}

interface Adding {
  buckets: readonly LocationBucket[]
  add(key: string, part: { bookable: number }): void
  keyOf(bucket: LocationBucket, spaceId: string): string
}

function addBookable(estate: Estate, location: LocationModel, { buckets, add, keyOf }: Adding): void {
  const own = buckets.filter(({ locationId }) => locationId === location.id)
  const of = <T extends { locationId: string }>(things: readonly T[]) => things.filter(({ locationId }) => locationId === location.id)
  for (const [spaceId, minutes] of countBookable(location, { spaces: of(estate.spaces), closures: of(estate.closures) }, own)) {
    for (const [index, bucket] of own.entries()) add(keyOf(bucket, spaceId), { bookable: minutes[index]! })
  }
}

/** One decimal; 0 when nothing could be booked. */
export function toPercent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10
}
