import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { checkHours, openPeriods, type OpeningHours } from './hours.ts'
import type { Interval } from './interval.ts'

const at = (text: string) => Date.parse(text)
const openOn = (openingHours: OpeningHours, timeZone: string, within: Interval, closures: Interval[] = []) =>
  openPeriods({ openingHours, timeZone }, within, closures)
const range = (from: string, to: string): Interval => ({ startsAt: at(from), endsAt: at(to) })
const show = (intervals: readonly Interval[]) => intervals.map(({ startsAt, endsAt }) => `${iso(startsAt)}/${iso(endsAt)}`)
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16)
const hours = (weekly: OpeningHours['weekly'], exceptions: OpeningHours['exceptions'] = []): OpeningHours => ({ weekly, exceptions })
const every = (opens: string, closes: string) => [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, opens, closes }))

describe('openPeriods', () => {
  it('is the whole range when nothing is set', () => {
    expect(show(openOn(hours([]), 'Europe/London', range('2027-01-04T00:00Z', '2027-01-09T00:00Z')))).toEqual(['2027-01-04T00:00/2027-01-09T00:00'])
  })

  it('knows several periods a day, in local time', () => {
    const week = hours([
      { weekday: 1, opens: '08:00', closes: '12:30' },
      { weekday: 1, opens: '13:30', closes: '18:00' },
    ])
    expect(show(openOn(week, 'Europe/Berlin', range('2027-01-04T00:00Z', '2027-01-11T00:00Z')))).toEqual([
      '2027-01-04T07:00/2027-01-04T11:30',
      '2027-01-04T12:30/2027-01-04T17:00',
    ])
  })

  it('merges days that touch at 24:00 and reaches over midnight when closes is not after opens', () => {
    expect(show(openOn(hours(every('00:00', '24:00')), 'Europe/London', range('2027-01-04T00:00Z', '2027-01-07T00:00Z')))).toHaveLength(1)
    const night = hours([{ weekday: 5, opens: '22:00', closes: '02:00' }])
    expect(show(openOn(night, 'Europe/London', range('2027-01-04T00:00Z', '2027-01-11T00:00Z')))).toEqual(['2027-01-08T22:00/2027-01-09T02:00'])
    expect(show(openOn(night, 'Europe/London', range('2027-01-09T01:00Z', '2027-01-09T09:00Z')))).toEqual(['2027-01-09T01:00/2027-01-09T02:00'])
  })

  it('replaces the periods of an exception date, closed when it has none, and leaves the night before alone', () => {
    const week = hours(every('20:00', '01:00'), [
      { date: '2027-01-05', periods: [] },
      { date: '2027-01-06', periods: [{ opens: '10:00', closes: '11:00' }] },
    ])
    expect(show(openOn(week, 'Europe/London', range('2027-01-04T12:00Z', '2027-01-07T12:00Z')))).toEqual([
      '2027-01-04T20:00/2027-01-05T01:00',
      '2027-01-06T10:00/2027-01-06T11:00',
    ])
  })

  it('is open on every other day when only exceptions are set', () => {
    const holiday = hours([], [{ date: '2027-01-05', periods: [] }])
    expect(show(openOn(holiday, 'Europe/London', range('2027-01-04T00:00Z', '2027-01-07T00:00Z')))).toEqual([
      '2027-01-04T00:00/2027-01-05T00:00',
      '2027-01-06T00:00/2027-01-07T00:00',
    ])
  })

  it('gives a whole day 23 and 25 hours, and loses the skipped hour of a night', () => {
    const length = (date: string, next: string) => {
      const [open] = openOn(hours(every('00:00', '24:00')), 'Europe/London', { startsAt: Date.parse(date), endsAt: Date.parse(next) })
      return (open!.endsAt - open!.startsAt) / 3_600_000
    }
    expect(length('2027-03-28T00:00Z', '2027-03-28T23:00Z')).toBe(23)
    expect(length('2027-10-30T23:00Z', '2027-11-01T00:00Z')).toBe(25)
    const night = hours(every('01:15', '01:45'))
    expect(openOn(night, 'Europe/London', range('2027-03-28T00:00Z', '2027-03-28T12:00Z'))).toEqual([])
  })

  it('leaves out closures', () => {
    const closures = [range('2027-01-04T10:00Z', '2027-01-04T11:00Z'), range('2027-01-04T17:00Z', '2027-01-05T09:00Z')]
    expect(show(openOn(hours(every('08:00', '18:00')), 'Europe/London', range('2027-01-04T00:00Z', '2027-01-05T12:00Z'), closures))).toEqual([
      '2027-01-04T08:00/2027-01-04T10:00',
      '2027-01-04T11:00/2027-01-04T17:00',
      '2027-01-05T09:00/2027-01-05T12:00',
    ])
  })

  it('agrees with Temporal, minute by minute, over changes of the clock', () => {
    const time = fc
      .integer({ min: 0, max: 95 })
      .map((quarter) => `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`)
    const closing = fc.oneof(time, fc.constant('24:00'))
    const period = fc.record({ opens: time, closes: closing })
    const weekly = fc.array(fc.record({ weekday: fc.integer({ min: 1, max: 7 }), opens: time, closes: closing }), { maxLength: 10 })
    const place = fc.constantFrom(
      { zone: 'Europe/London', dates: ['2027-03-27', '2027-03-28', '2027-03-29'] },
      { zone: 'Europe/Berlin', dates: ['2027-10-30', '2027-10-31', '2027-11-01'] },
      { zone: 'America/Chicago', dates: ['2027-11-06', '2027-11-07', '2027-11-08'] },
      { zone: 'Australia/Lord_Howe', dates: ['2026-10-03', '2026-10-04', '2026-10-05'] },
    )
    fc.assert(
      fc.property(place, weekly, fc.array(period, { maxLength: 3 }), fc.boolean(), ({ zone, dates }, week, periods, hasException) => {
        const opening = hours(week, hasException ? [{ date: dates[1]!, periods }] : [])
        const whole = range(`${dates[0]}T00:00Z`, `${dates[2]}T23:00Z`)
        const open = openOn(opening, zone, whole)
        const expected = periodsByTemporal(opening, zone, dates)
        const quarters = Array.from({ length: (whole.endsAt - whole.startsAt) / (15 * 60_000) }, (_, index) => whole.startsAt + index * 15 * 60_000)
        const isIn = (intervals: readonly Interval[], ms: number) => intervals.some((one) => one.startsAt <= ms && ms < one.endsAt)
        expect(quarters.filter((ms) => isIn(open, ms) !== isIn(expected, ms)).map(iso)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})

/** The slow, plain reading of the same promise. */
function periodsByTemporal(opening: OpeningHours, zone: string, dates: readonly string[]): Interval[] {
  if (opening.weekly.length + opening.exceptions.length === 0) return [{ startsAt: -Infinity, endsAt: Infinity }]
  const first = Temporal.PlainDate.from(dates[0]!)
  return [-2, -1, 0, 1, 2, 3].flatMap((offset) => {
    const date = first.add({ days: offset })
    const exception = opening.exceptions.find((one) => one.date === date.toString())
    const whole = opening.weekly.length === 0 ? [{ opens: '00:00', closes: '24:00' }] : opening.weekly.filter((one) => one.weekday === date.dayOfWeek)
    return (exception?.periods ?? whole).map(({ opens, closes }) => ({
      startsAt: instantOf(date, opens, zone),
      endsAt: closes === '24:00' ? instantOf(date.add({ days: 1 }), '00:00', zone) : instantOf(closes <= opens ? date.add({ days: 1 }) : date, closes, zone),
    }))
  })
}

function instantOf(date: Temporal.PlainDate, time: string, zone: string): number {
  const wall = date.toPlainDateTime(Temporal.PlainTime.from(time))
  const early = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (early.toPlainDateTime().equals(wall)) return early.epochMilliseconds
  return early.getTimeZoneTransition('next')!.epochMilliseconds
}

describe('checkHours', () => {
  it('finds nothing wrong with periods that only touch', () => {
    expect(checkHours(hours([...every('08:00', '12:00'), ...every('12:00', '18:00')], [{ date: '2028-02-29', periods: [] }]))).toEqual([])
  })

  it('names each fault with its pointer', () => {
    const found = checkHours(
      hours(
        [
          { weekday: 1, opens: '08:00', closes: '12:00' },
          { weekday: 1, opens: '11:00', closes: '13:00' },
          { weekday: 2, opens: '25:00', closes: '12:00' },
          { weekday: 3, opens: '24:00', closes: '9' },
        ],
        [
          { date: '2027-02-29', periods: [] },
          { date: '2027-03-01', periods: [] },
          {
            date: '2027-03-01',
            periods: [
              { opens: '08:00', closes: '10:00' },
              { opens: '09:00', closes: '09:30' },
            ],
          },
        ],
      ),
    )
    expect(found.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
      '/exceptions/0/date date-invalid',
      '/exceptions/2/date duplicate',
      '/exceptions/2/periods/1 overlaps',
      '/weekly/1 overlaps',
      '/weekly/2/opens time-invalid',
      '/weekly/3/closes time-invalid',
      '/weekly/3/opens time-invalid',
    ])
  })

  it('sees overlaps over midnight and over the end of the week', () => {
    const sunday = [
      { weekday: 1, opens: '01:00', closes: '09:00' },
      { weekday: 7, opens: '22:00', closes: '02:00' },
    ]
    expect(checkHours(hours(sunday)).map(({ pointer }) => pointer)).toEqual(['/weekly/1'])
  })
})
