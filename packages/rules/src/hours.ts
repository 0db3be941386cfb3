import { intersectIntervals, type Interval, mergeIntervals, subtractIntervals } from './interval.ts'
import { fromWallTime, parseDate, parseTime, toWallTime, weekdayOf } from './zone.ts'

export interface HoursPeriod {
  readonly opens: string
  readonly closes: string
}

/** Opening hours as the API writes them. */
export interface OpeningHours {
  readonly weekly: readonly (HoursPeriod & { readonly weekday: number })[]
  readonly exceptions: readonly { readonly date: string; readonly periods: readonly HoursPeriod[] }[]
}

/** Whatever has opening hours and a clock on its wall. */
export interface OpenPlace {
  readonly openingHours: OpeningHours
  readonly timeZone: string
}

/** One thing wrong with what was written: a JSON pointer below the given value, a code, a sentence. */
export interface Issue {
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

/** Minutes since the midnight of the day the period belongs to; `to` beyond 1440 reaches into the next day. */
interface Span {
  readonly from: number
  readonly to: number
}

interface Week {
  readonly days: readonly (readonly Span[])[]
  readonly exceptions: ReadonlyMap<number, readonly Span[]>
}

const allDay: readonly Span[] = [{ from: 0, to: 1440 }]
const compiled = new WeakMap<OpeningHours, Week>()

function toSpan(period: HoursPeriod): Span {
  const from = parseTime(period.opens)!
  const to = parseTime(period.closes)!
  return { from, to: to <= from ? to + 1440 : to }
}

function compileHours(hours: OpeningHours): Week {
  let week = compiled.get(hours)
  if (!week) {
    const isSet = hours.weekly.length > 0
    const days = [1, 2, 3, 4, 5, 6, 7].map((weekday) => (isSet ? hours.weekly.filter((period) => period.weekday === weekday).map(toSpan) : allDay))
    const exceptions = new Map(hours.exceptions.map((exception) => [parseDate(exception.date)!, exception.periods.map(toSpan)]))
    compiled.set(hours, (week = { days, exceptions }))
  }
  return week
}

/**
 * When a location is open within `range`: sorted, disjoint, clipped to it, adjacent periods merged.
 *
 * A period belongs to the local day on which it opens and may reach into the next (`closes` at or before `opens`). An
 * exception replaces the periods that open on its date, no others; one without periods closes the date. No weekly period at
 * all means open every day that no exception names. On days of 23 and 25 hours the wall clock rules ({@link fromWallTime}).
 * `closures` must be sorted by start. The hours must be valid ({@link checkHours}); they are read once and remembered by identity.
 */
export function openPeriods({ openingHours: hours, timeZone }: OpenPlace, range: Interval, closures: readonly Interval[] = []): Interval[] {
  if (range.startsAt >= range.endsAt) return []
  if (hours.weekly.length === 0 && hours.exceptions.length === 0) return subtractIntervals([range], closures)
  const week = compileHours(hours)
  const periods: Interval[] = []
  // A period that opened the day before may reach into the range.
  const firstDay = toWallTime(timeZone, range.startsAt).day - 1
  const lastDay = toWallTime(timeZone, range.endsAt).day
  for (let day = firstDay; day <= lastDay; day++) {
    for (const span of week.exceptions.get(day) ?? week.days[weekdayOf(day) - 1]!) {
      periods.push({ startsAt: fromWallTime(timeZone, day, span.from), endsAt: fromWallTime(timeZone, day, span.to) })
    }
  }
  return subtractIntervals(intersectIntervals(mergeIntervals(periods), [range]), closures)
}

function checkPeriod(period: HoursPeriod, pointer: string): Issue[] {
  const issues: Issue[] = []
  const from = parseTime(period.opens)
  if (from === undefined || from === 1440)
    issues.push({ pointer: `${pointer}/opens`, code: 'time-invalid', detail: 'opens must be a time of day from 00:00 to 23:59' })
  if (parseTime(period.closes) === undefined)
    issues.push({ pointer: `${pointer}/closes`, code: 'time-invalid', detail: 'closes must be a time of day from 00:00 to 24:00' })
  return issues
}

/** Spans of one cycle of `length` minutes (a week, or one date's two days) that overlap an earlier one, by index. */
function findOverlaps(spans: readonly (Span | undefined)[], length: number): number[] {
  return spans.flatMap((span, index) => {
    if (!span) return []
    const hits = spans
      .slice(0, index)
      .some((other) => other && [-length, 0, length].some((shift) => span.from + shift < other.to && other.from < span.to + shift))
    return hits ? [index] : []
  })
}

/** Everything wrong with opening hours: times, dates that do not exist or come twice, periods that overlap (also over midnight and the week's end). */
export function checkHours(hours: OpeningHours): Issue[] {
  const issues: Issue[] = []
  const weekly = hours.weekly.map((period, index) => {
    const found = checkPeriod(period, `/weekly/${index}`)
    issues.push(...found)
    if (found.length > 0) return undefined
    const span = toSpan(period)
    return { from: span.from + (period.weekday - 1) * 1440, to: span.to + (period.weekday - 1) * 1440 }
  })
  for (const index of findOverlaps(weekly, 7 * 1440))
    issues.push({ pointer: `/weekly/${index}`, code: 'overlaps', detail: 'the period overlaps another of the same week' })
  const dates = new Set<string>()
  hours.exceptions.forEach((exception, index) => {
    const pointer = `/exceptions/${index}`
    if (parseDate(exception.date) === undefined) issues.push({ pointer: `${pointer}/date`, code: 'date-invalid', detail: 'there is no such date' })
    else if (dates.has(exception.date)) issues.push({ pointer: `${pointer}/date`, code: 'duplicate', detail: 'the date has another exception' })
    dates.add(exception.date)
    const spans = exception.periods.map((period, at) => {
      const found = checkPeriod(period, `${pointer}/periods/${at}`)
      issues.push(...found)
      return found.length > 0 ? undefined : toSpan(period)
    })
    // A date stands alone: what reaches past its midnight belongs to it, so nothing wraps round.
    for (const at of findOverlaps(spans, 1e9))
      issues.push({ pointer: `${pointer}/periods/${at}`, code: 'overlaps', detail: 'the period overlaps another of the same date' })
  })
  return issues
}
