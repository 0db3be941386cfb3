import { fromWallTime, toWallTime, weekdayOf, type Interval } from '@alcove/rules'

export type GroupBy = 'day' | 'week' | 'month' | 'space' | 'location'

/** A stretch of a location's own calendar inside the report's range. */
export interface Bucket extends Interval {
  /** Date, first date of the week, or month; empty where time does not divide. */
  readonly key: string
}

const dayMs = 86_400_000

/** `2026-01-05` of a day number. */
function toDate(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}

/** The key of the day's group and the first day after that group. */
function groupOf(day: number, groupBy: 'day' | 'week' | 'month', weekStartsOn: number): { key: string; next: number } {
  if (groupBy === 'day') return { key: toDate(day), next: day + 1 }
  if (groupBy === 'week') {
    const first = day - ((weekdayOf(day) - weekStartsOn + 7) % 7)
    return { key: toDate(first), next: first + 7 }
  }
  const date = new Date(day * dayMs)
  return { key: toDate(day).slice(0, 7), next: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / dayMs }
}

/**
 * Divides a range by the wall calendar of a zone: disjoint, in order, together the range; the first and last are cut to
 * it. Days of 23 and 25 hours are as long as they are. By space or location: one bucket.
 */
export function divideRange(range: Interval, place: { timeZone: string; weekStartsOn: number }, groupBy: GroupBy): Bucket[] {
  if (groupBy === 'space' || groupBy === 'location') return [{ ...range, key: '' }]
  const buckets: Bucket[] = []
  for (let startsAt = range.startsAt; startsAt < range.endsAt;) {
    const { key, next } = groupOf(toWallTime(place.timeZone, startsAt).day, groupBy, place.weekStartsOn)
    const endsAt = Math.min(range.endsAt, fromWallTime(place.timeZone, next, 0))
    buckets.push({ key, startsAt, endsAt })
    startsAt = endsAt
  }
  return buckets
}

/** The local day that contains an instant. */
export function dayOf(timeZone: string, instantMs: number): Interval {
  const { day } = toWallTime(timeZone, instantMs)
  return { startsAt: fromWallTime(timeZone, day, 0), endsAt: fromWallTime(timeZone, day + 1, 0) }
}
