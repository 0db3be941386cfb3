import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { dayMs, fromWallTime, isTimeZone, offsetAt, parseDate, parseTime, segmentAt, toWallTime, weekdayOf } from './zone.ts'

const zones = ['Europe/London', 'Europe/Berlin', 'America/Chicago', 'Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Casablanca', 'Asia/Kolkata', 'UTC']
const instant = (text: string) => Date.parse(text)
const anyInstant = fc.integer({ min: instant('2005-01-01T00:00:00Z') / 1000, max: instant('2040-01-01T00:00:00Z') / 1000 }).map((seconds) => seconds * 1000)
const anyZone = fc.constantFrom(...zones)
const zoned = (zone: string, ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)

describe('offsetAt', () => {
  it('is the offset Temporal knows, at any instant of any zone', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (zone, ms) => {
        expect(offsetAt(zone, ms)).toBe(zoned(zone, ms).offsetNanoseconds / 1e6)
      }),
      { numRuns: 2_000 },
    )
  })

  it('holds until the segment ends and not beyond a change', () => {
    const change = instant('2027-03-28T01:00:00Z')
    expect(segmentAt('Europe/London', change - 1)).toMatchObject({ until: change, offsetMs: 0 })
    expect(offsetAt('Europe/London', change)).toBe(3_600_000)
  })
})

describe('toWallTime and fromWallTime', () => {
  it('agree with Temporal on every wall time that exists, and take the first of two', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (zone, ms) => {
        const minute = Math.floor(ms / 60_000) * 60_000
        const wall = toWallTime(zone, minute)
        const expected = zoned(zone, minute).toPlainDateTime().toZonedDateTime(zone, { disambiguation: 'earlier' }).epochMilliseconds
        expect(fromWallTime(zone, wall.day, wall.msOfDay / 60_000)).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  it('moves a time that a forward change skips to the change itself', () => {
    const day = parseDate('2027-03-28')!
    const change = instant('2027-03-28T01:00:00Z')
    for (const minute of [60, 61, 90, 119, 120]) expect(fromWallTime('Europe/London', day, minute)).toBe(change)
    expect(fromWallTime('Europe/London', day, 59)).toBe(change - 60_000)
    expect(fromWallTime('Europe/London', day, 121)).toBe(change + 60_000)
  })

  it('never goes backwards as the wall clock goes on', () => {
    const days = ['2027-03-28', '2027-10-31', '2026-10-04', '2027-04-04', '2011-12-30', '2026-11-01'].map((date) => parseDate(date)!)
    const steps = zones.flatMap((zone) => days.flatMap((day) => Array.from({ length: 2_880 }, (_, minute) => ({ zone, day, minute }))))
    const backwards = steps.filter(({ zone, day, minute }) => fromWallTime(zone, day, minute + 1) < fromWallTime(zone, day, minute))
    expect(backwards).toEqual([])
  })

  it('knows days of 23, 25, 23.5 and 24.5 hours', () => {
    const hours = (zone: string, date: string) => (fromWallTime(zone, parseDate(date)! + 1, 0) - fromWallTime(zone, parseDate(date)!, 0)) / 3_600_000
    expect(hours('Europe/London', '2027-03-28')).toBe(23)
    expect(hours('Europe/Berlin', '2027-10-31')).toBe(25)
    expect(hours('America/Chicago', '2027-11-07')).toBe(25)
    expect(hours('Australia/Lord_Howe', '2026-10-04')).toBe(23.5)
    expect(hours('Australia/Lord_Howe', '2027-04-04')).toBe(24.5)
    expect(hours('Pacific/Apia', '2011-12-30')).toBe(0)
  })
})

describe('calendar and clock text', () => {
  it('weekdayOf counts Monday 1 to Sunday 7, before 1970 too', () => {
    fc.assert(
      fc.property(fc.integer({ min: -40_000, max: 80_000 }), (day) => {
        expect(weekdayOf(day)).toBe(new Date(day * dayMs).getUTCDay() || 7)
      }),
    )
  })

  it.each([
    ['2028-02-29', true],
    ['2027-02-29', false],
    ['2027-13-01', false],
    ['2027-1-01', false],
    ['tomorrow', false],
  ])('parseDate(%s) is a date: %s', (text, isDate) => {
    expect(parseDate(text) !== undefined).toBe(isDate)
  })

  it.each([
    ['00:00', 0],
    ['08:30', 510],
    ['24:00', 1440],
    ['24:01', undefined],
    ['08:60', undefined],
    ['8:30', undefined],
    ['', undefined],
  ])('parseTime(%s) is %s', (text, minutes) => {
    expect(parseTime(text)).toBe(minutes)
  })

  it('accepts names of zones and nothing else', () => {
    for (const zone of zones) expect(isTimeZone(zone)).toBe(true)
    for (const name of ['Mars/Olympus', '', '+02:00', 'Europe/', '../etc']) expect(isTimeZone(name)).toBe(false)
  })
})
