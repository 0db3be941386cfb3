import { intersectIntervals, type Interval, minuteMs, subtractIntervals } from './interval.ts'
import { type JudgeInput, startWindow } from './policy.ts'
import { segmentAt, toWallTime } from './zone.ts'

/**
 * Many intervals as one list of numbers, `from, until, from, until …` in epoch milliseconds. A day of a large location has
 * thousands: as objects they would keep the collector busier than the work itself.
 */
export type Times = readonly number[]

export interface FreeInput {
  /** Open periods of the location within the range asked for: sorted, disjoint ({@link openPeriods}). */
  readonly open: readonly Interval[]
  /** Closures of the space itself, sorted by start. */
  readonly closed: readonly Interval[]
  /** For each active unit its active claims, as claimed (with the buffers of their own bookings), sorted by start. */
  readonly claims: readonly Times[]
  readonly bufferBeforeMinutes: number
  readonly bufferAfterMinutes: number
  readonly durationMinutes?: number
  readonly gridMinutes?: number | null
  readonly timeZone: string
}

/**
 * Open periods without what lead time and advance window forbid a booking that is made at `at`: whatever begins in the result,
 * with any length, begins early and late enough. Starts where now has cut are on the full minute, so that an offer is not in
 * the past before it can be read.
 */
export function clipToStarts(open: readonly Interval[], input: Pick<JudgeInput, 'at' | 'timeZone' | 'policy'>): Interval[] {
  const { earliest, latest } = startWindow(input)
  const startsAt = Math.ceil(Math.max(earliest, input.at) / minuteMs) * minuteMs
  return startsAt < latest ? intersectIntervals(open, [{ startsAt, endsAt: latest }]) : []
}

export interface FreeInterval extends Interval {
  readonly unitsFree: number
}

/** {@link listFreeTimes} as objects. */
export function freeIntervals(input: FreeInput): FreeInterval[] {
  const times = listFreeTimes(input)
  const free: FreeInterval[] = []
  for (let i = 0; i < times.length; i += 3) free.push({ startsAt: times[i]!, endsAt: times[i + 1]!, unitsFree: times[i + 2]! })
  return free
}

/**
 * The intervals of a space that can be booked as a whole on at least one single unit, with the number of units on which
 * they can: every unit's longest free stretches, each once, ascending. Those of a pool may overlap each other. As numbers:
 * `startsAt, endsAt, unitsFree, startsAt …`.
 *
 * A new booking needs its own buffers clear of every claim; they may lie outside the open periods. Ends are moved
 * inwards to the grid; what is then shorter than `durationMinutes` is left out.
 */
export function listFreeTimes(input: FreeInput): number[] {
  const open = input.closed.length === 0 ? input.open : subtractIntervals(input.open, input.closed)
  if (input.claims.length !== 1) return listPoolTimes(open, input)
  return fit(subtractClaims(open, input.claims[0]!, input), input)
}

function listPoolTimes(open: readonly Interval[], input: FreeInput): number[] {
  const found = new Map<string, Interval>()
  const units: number[][] = []
  let untouched: number[] | undefined
  let untouchedCount = 0
  for (const claims of input.claims) {
    if (claims.length === 0) untouchedCount++
    if (claims.length === 0 && untouched) continue
    const times = fit(subtractClaims(open, claims, input), input)
    if (claims.length === 0) untouched = times
    else units.push(times)
    for (let i = 0; i < times.length; i += 3) found.set(`${times[i]} ${times[i + 1]}`, { startsAt: times[i]!, endsAt: times[i + 1]! })
  }
  return [...found.values()]
    .sort((a, b) => a.startsAt - b.startsAt || b.endsAt - a.endsAt)
    .flatMap((free) => {
      const untouchedFree = untouched && isInside(untouched, free) ? untouchedCount : 0
      return [free.startsAt, free.endsAt, untouchedFree + units.filter((times) => isInside(times, free)).length]
    })
}

function isInside(times: readonly number[], inner: Interval): boolean {
  for (let i = 0; i < times.length; i += 3) if (times[i]! <= inner.startsAt && inner.endsAt <= times[i + 1]!) return true
  return false
}

/** What one unit has left of the open periods: a start is free once a claim has ended and this booking's own time before has passed; an end likewise. */
function subtractClaims(open: readonly Interval[], claims: Times, { bufferBeforeMinutes, bufferAfterMinutes }: FreeInput): number[] {
  const beforeMs = bufferBeforeMinutes * minuteMs
  const afterMs = bufferAfterMinutes * minuteMs
  const free: number[] = []
  let first = 0
  for (const period of open) {
    let startsAt = period.startsAt
    // What ended before this period began cannot touch a later one, as long as nothing longer precedes it.
    while (first < claims.length && claims[first + 1]! + beforeMs <= startsAt) first += 2
    for (let i = first; i < claims.length && claims[i]! - afterMs < period.endsAt && startsAt < period.endsAt; i += 2) {
      const from = claims[i]! - afterMs
      const until = claims[i + 1]! + beforeMs
      if (until <= startsAt) continue
      if (from > startsAt) free.push(startsAt, from, 1)
      startsAt = until
    }
    if (startsAt < period.endsAt) free.push(startsAt, period.endsAt, 1)
  }
  return free
}

/** Moves the ends to the grid, in place, and drops what is then too short. */
function fit(free: number[], { gridMinutes, durationMinutes, timeZone }: FreeInput): number[] {
  const shortestMs = Math.max(1, (durationMinutes ?? 0) * minuteMs)
  let kept = 0
  for (let i = 0; i < free.length; i += 3) {
    const startsAt = gridMinutes ? gridAtOrAfter(free[i]!, gridMinutes * minuteMs, timeZone) : free[i]!
    const endsAt = gridMinutes ? gridAtOrBefore(free[i + 1]!, gridMinutes * minuteMs, timeZone) : free[i + 1]!
    if (endsAt - startsAt < shortestMs) continue
    free[kept] = startsAt
    free[kept + 1] = endsAt
    kept += 3
  }
  if (kept < free.length) free.length = kept
  return free
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
