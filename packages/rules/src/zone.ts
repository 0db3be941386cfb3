import { Temporal } from 'temporal-polyfill'
import { minuteMs } from './interval.ts'

export const dayMs = 86_400_000

/** A stretch of one UTC offset, up to and without `until`. */
export interface Segment {
  readonly until: number
  readonly offsetMs: number
}

/** A wall-clock reading: days since 1970-01-01 in the zone, and milliseconds since that day's midnight as the clock shows it. */
export interface WallTime {
  readonly day: number
  readonly msOfDay: number
}

// One Temporal look-up costs about 10 µs; a quote needs dozens. A zone's offsets change a few times a year, so each UTC
// year is walked once and then searched. The bound keeps a caller who asks for every year from filling the memory.
const yearsMax = 4_000
const years = new Map<string, readonly Segment[]>()

function readYear(timeZone: string, year: number): readonly Segment[] {
  const end = Date.UTC(year + 1, 0, 1)
  const segments: Segment[] = []
  let at: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(Date.UTC(year, 0, 1)).toZonedDateTimeISO(timeZone)
  while (at) {
    const next: Temporal.ZonedDateTime | null = at.getTimeZoneTransition('next')
    const until: number = next ? Math.min(next.epochMilliseconds, end) : end
    segments.push({ until, offsetMs: at.offsetNanoseconds / 1e6 })
    at = next && until < end ? next : null
  }
  return segments
}

// Neighbouring questions are nearly always about the same stretch of the same zone.
let last: Segment & { timeZone: string; from: number } = { timeZone: '', from: 0, until: 0, offsetMs: 0 }

/** The offset at an instant and an instant up to which it certainly holds. */
export function segmentAt(timeZone: string, instantMs: number): Segment {
  if (last.timeZone === timeZone && instantMs >= last.from && instantMs < last.until) return last
  const year = new Date(instantMs).getUTCFullYear()
  const key = `${timeZone} ${year}`
  let segments = years.get(key)
  if (!segments) {
    if (years.size >= yearsMax) years.clear()
    years.set(key, (segments = readYear(timeZone, year)))
  }
  let from = Date.UTC(year, 0, 1)
  for (const segment of segments) {
    if (instantMs < segment.until) {
      last = { timeZone, from, ...segment }
      return last
    }
    from = segment.until
  }
  return segments.at(-1)!
}

/** The zone's distance from UTC at an instant, in milliseconds (positive east). */
export function offsetAt(timeZone: string, instantMs: number): number {
  return segmentAt(timeZone, instantMs).offsetMs
}

/** What a clock on the wall shows at an instant. */
export function toWallTime(timeZone: string, instantMs: number): WallTime {
  const local = instantMs + offsetAt(timeZone, instantMs)
  const day = Math.floor(local / dayMs)
  return { day, msOfDay: local - day * dayMs }
}

/**
 * The instant at which a clock shows `minuteOfDay` minutes past midnight of `day` (1440 and more: the days after).
 * A time that occurs twice is its first occurrence; a time that a forward change skips is the instant of the change, so a
 * period that lies wholly in the gap is empty and later wall times never give earlier instants.
 */
export function fromWallTime(timeZone: string, day: number, minuteOfDay: number): number {
  const local = day * dayMs + Math.round(minuteOfDay * minuteMs)
  // No zone has changed by more than a day in one step except Samoa and its like, whose skipped day is a gap of 24 hours.
  const before = offsetAt(timeZone, local - dayMs)
  const after = offsetAt(timeZone, local + dayMs)
  const early = local - Math.max(before, after)
  const late = local - Math.min(before, after)
  if (offsetAt(timeZone, early) === local - early) return early
  if (offsetAt(timeZone, late) === local - late) return late
  return findChange(timeZone, early, late)
}

/** The instant in `(low, high]` from which the clock shows the later offset; the two differ by the size of the change. */
function findChange(timeZone: string, low: number, high: number): number {
  const offsetMs = offsetAt(timeZone, high)
  let from = low
  let to = high
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2)
    if (offsetAt(timeZone, middle) === offsetMs) to = middle
    else from = middle
  }
  return to
}

/** ISO weekday of a day number: 1 Monday to 7 Sunday. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return ((((day + 3) % 7) + 7) % 7) + 1
}

/** `2026-03-29` as a day number, or undefined when there is no such date. */
export function parseDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? undefined : ms / dayMs
}

/** `08:30` as minutes since midnight, `24:00` as 1440, or undefined when it is no time of day. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d{2}):(\d{2})$/.exec(text)
  if (!match) return undefined
  const minutes = Number(match[1]) * 60 + Number(match[2])
  return Number(match[2]) < 60 && minutes <= 1440 ? minutes : undefined
}

const known = new Map<string, boolean>()

/** Whether the runtime's time zone data (IANA, as in Intl) knows the name; fixed offsets such as `+02:00` are not names. */
export function isTimeZone(name: string): boolean {
  let result = known.get(name)
  if (result === undefined) {
    if (known.size > 2_000) known.clear()
    known.set(name, (result = /^[A-Za-z]/.test(name) && isReadable(name)))
  }
  return result
}

function isReadable(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}
