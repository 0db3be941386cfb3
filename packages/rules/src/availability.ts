import { type Interval, minuteMs, subtractIntervals } from './interval.ts'
import { segmentAt, toWallTime } from './zone.ts'

export interface FreeInput {
  /** Open periods of the location within the range asked for: sorted, disjoint ({@link openPeriods}). */
  readonly open: readonly Interval[]
  /** Closures of the space itself, sorted by start. */
  readonly closed: readonly Interval[]
  /** For each active unit its active claims, as claimed (with the buffers of their own bookings), sorted by start. */
  readonly claims: readonly (readonly Interval[])[]
  readonly bufferBeforeMinutes: number
  readonly bufferAfterMinutes: number
  readonly durationMinutes?: number
  readonly gridMinutes?: number | null
  readonly timeZone: string
}

export interface FreeInterval extends Interval {
  readonly unitsFree: number
}

/**
 * The intervals of a space that can be booked as a whole on at least one single unit, with the number of units on which
 * they can: every unit's longest free stretches, each once, ascending. Those of a pool may overlap each other.
 *
 * A new booking needs its own buffers clear of every claim; they may lie outside the open periods. Ends are moved
 * inwards to the grid; what is then shorter than `durationMinutes` is left out.
 */
export function freeIntervals(input: FreeInput): FreeInterval[] {
  const open = subtractIntervals(input.open, input.closed)
  if (input.claims.length === 1) {
    const [claims] = input.claims as [readonly Interval[]]
    return fit(claims.length === 0 ? open : subtractIntervals(open, widenClaims(claims, input)), input).map((free) => ({ ...free, unitsFree: 1 }))
  }
  const found = new Map<string, { startsAt: number; endsAt: number }>()
  const units: Interval[][] = []
  let untouched: Interval[] | undefined
  let untouchedCount = 0
  for (const claims of input.claims) {
    if (claims.length === 0) {
      untouched ??= fit(open, input)
      untouchedCount++
      continue
    }
    units.push(fit(subtractIntervals(open, widenClaims(claims, input)), input))
  }
  for (const list of untouched ? [untouched, ...units] : units) for (const free of list) found.set(`${free.startsAt} ${free.endsAt}`, free)
  return [...found.values()]
    .sort((a, b) => a.startsAt - b.startsAt || b.endsAt - a.endsAt)
    .map((free) => ({
      ...free,
      unitsFree: (untouched && isInside(untouched, free) ? untouchedCount : 0) + units.filter((list) => isInside(list, free)).length,
    }))
}

const isInside = (list: readonly Interval[], inner: Interval): boolean => list.some((free) => free.startsAt <= inner.startsAt && inner.endsAt <= free.endsAt)

/** A start is free once the claim has ended and this booking's own time before has passed; an end likewise. */
function widenClaims(claims: readonly Interval[], { bufferBeforeMinutes, bufferAfterMinutes }: FreeInput): readonly Interval[] {
  if (bufferBeforeMinutes === 0 && bufferAfterMinutes === 0) return claims
  return claims.map((claim) => ({ startsAt: claim.startsAt - bufferAfterMinutes * minuteMs, endsAt: claim.endsAt + bufferBeforeMinutes * minuteMs }))
}

function fit(intervals: readonly Interval[], { gridMinutes, durationMinutes, timeZone }: FreeInput): Interval[] {
  const shortest = Math.max(1, (durationMinutes ?? 0) * minuteMs)
  const aligned = gridMinutes ? intervals.map((free) => alignToGrid(free, gridMinutes, timeZone)) : intervals
  return aligned.filter((free) => free.endsAt - free.startsAt >= shortest)
}

/** The interval with its start moved up and its end moved down to the grid, which is counted from local midnight. */
export function alignToGrid(interval: Interval, gridMinutes: number, timeZone: string): Interval {
  const gridMs = gridMinutes * minuteMs
  return { startsAt: gridAtOrAfter(interval.startsAt, gridMs, timeZone), endsAt: gridAtOrBefore(interval.endsAt, gridMs, timeZone) }
}

const dayLengthMs = 86_400_000

function gridAtOrAfter(instantMs: number, gridMs: number, timeZone: string): number {
  // Each step ends on the grid, at midnight (a grid that does not divide the day begins anew there) or at a change of offset.
  for (let at = instantMs; ;) {
    const { msOfDay } = toWallTime(timeZone, at)
    if (msOfDay % gridMs === 0) return at
    at = Math.min(at + gridMs - (msOfDay % gridMs), at + dayLengthMs - msOfDay, segmentAt(timeZone, at).until)
  }
}

function gridAtOrBefore(instantMs: number, gridMs: number, timeZone: string): number {
  for (let at = instantMs; ;) {
    const { msOfDay } = toWallTime(timeZone, at)
    const over = msOfDay % gridMs
    if (over === 0) return at
    const candidate = at - over
    // Over a change of offset the clock shows something else there: step back a minute and look again.
    at = toWallTime(timeZone, candidate).msOfDay === msOfDay - over ? candidate : at - (at % minuteMs || minuteMs)
  }
}
