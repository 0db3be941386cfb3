/** A half-open stretch of time `[startsAt, endsAt)` in epoch milliseconds. */
export interface Interval {
  readonly startsAt: number
  readonly endsAt: number
}

export const minuteMs = 60_000
export const hourMs = 3_600_000

/** Whether the two share an instant; neighbours that only touch do not. */
export function overlaps(a: Interval, b: Interval): boolean {
  return a.startsAt < b.endsAt && b.startsAt < a.endsAt
}

/** Sorted and disjoint: overlapping and touching intervals become one, empty and reversed ones are dropped. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter((interval) => interval.startsAt < interval.endsAt).sort((a, b) => a.startsAt - b.startsAt)
  const merged: Interval[] = []
  for (const interval of sorted) {
    const last = merged.at(-1)
    if (!last || interval.startsAt > last.endsAt) merged.push(interval)
    else if (interval.endsAt > last.endsAt) merged[merged.length - 1] = { startsAt: last.startsAt, endsAt: interval.endsAt }
  }
  return merged
}

/** What is in both lists. Both must be sorted and disjoint ({@link mergeIntervals}); so is the result. */
export function intersectIntervals(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const result: Interval[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const left = a[i]!
    const right = b[j]!
    const startsAt = Math.max(left.startsAt, right.startsAt)
    const endsAt = Math.min(left.endsAt, right.endsAt)
    if (startsAt < endsAt) result.push({ startsAt, endsAt })
    if (left.endsAt < right.endsAt) i++
    else j++
  }
  return result
}

/** `from` without `taken`. `from` must be sorted and disjoint, `taken` sorted by start; the result is sorted and disjoint. */
export function subtractIntervals(from: readonly Interval[], taken: readonly Interval[]): Interval[] {
  if (taken.length === 0) return [...from]
  const result: Interval[] = []
  let first = 0
  for (const interval of from) {
    let startsAt = interval.startsAt
    // What ended before this interval began cannot touch a later one, as long as nothing longer precedes it.
    while (first < taken.length && taken[first]!.endsAt <= interval.startsAt) first++
    for (let i = first; i < taken.length && taken[i]!.startsAt < interval.endsAt && startsAt < interval.endsAt; i++) {
      const cut = taken[i]!
      if (cut.endsAt <= startsAt) continue
      if (cut.startsAt > startsAt) result.push({ startsAt, endsAt: cut.startsAt })
      startsAt = cut.endsAt
    }
    if (startsAt < interval.endsAt) result.push({ startsAt, endsAt: interval.endsAt })
  }
  return result
}

/** Whether one of the intervals holds the whole of `inner`; the list must be merged. */
export function isCovered(intervals: readonly Interval[], inner: Interval): boolean {
  return intervals.some((interval) => interval.startsAt <= inner.startsAt && inner.endsAt <= interval.endsAt)
}

/** The interval with its buffers: what a booking of `interval` claims. */
export function widenInterval(interval: Interval, buffers: { beforeMinutes: number; afterMinutes: number }): Interval {
  return { startsAt: interval.startsAt - buffers.beforeMinutes * minuteMs, endsAt: interval.endsAt + buffers.afterMinutes * minuteMs }
}
