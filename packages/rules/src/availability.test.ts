import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignToGrid, clipToStarts, type FreeInput, freeIntervals } from './availability.ts'
import { openPeriods } from './hours.ts'
import { type Interval, mergeIntervals, overlaps, widenInterval } from './interval.ts'
import { judgeInterval, startWindow } from './policy.ts'

const minute = 60_000
const day = { startsAt: 0, endsAt: 600 * minute }
const toTimes = (intervals: readonly Interval[]) => intervals.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
const free = ({ claims = [[]], ...input }: Omit<Partial<FreeInput>, 'claims'> & { claims?: Interval[][] }) =>
  freeIntervals({ open: [day], closed: [], claims: claims.map(toTimes), bufferBeforeMinutes: 0, bufferAfterMinutes: 0, timeZone: 'UTC', ...input }).map(
    ({ startsAt, endsAt, unitsFree }) => [startsAt / minute, endsAt / minute, unitsFree],
  )
const span = (from: number, to: number): Interval => ({ startsAt: from * minute, endsAt: to * minute })

describe('freeIntervals', () => {
  it('is everything open for units nobody claims', () => {
    expect(free({ claims: [[], []] })).toEqual([[0, 600, 2]])
    expect(free({ claims: [] })).toEqual([])
  })

  it('gives stretches that one unit can take as a whole, overlapping in a pool', () => {
    expect(free({ claims: [[span(60, 120)], [span(300, 360)], [span(0, 600)]] })).toEqual([
      [0, 300, 1],
      [0, 60, 2],
      [120, 600, 1],
      [360, 600, 2],
    ])
  })

  it('leaves the gap of both buffers next to a claim, and lets buffers lie outside the open periods', () => {
    // The claim of a neighbour from 200 to 300 with 10 before and 20 after.
    const claim = widenInterval(span(200, 300), { beforeMinutes: 10, afterMinutes: 20 })
    expect(free({ claims: [[claim]], bufferBeforeMinutes: 10, bufferAfterMinutes: 20 })).toEqual([
      [0, 170, 1],
      [330, 600, 1],
    ])
  })

  it('leaves out closures, and stretches shorter than the duration', () => {
    expect(free({ closed: [span(100, 200)], claims: [[span(250, 260)]], durationMinutes: 100 })).toEqual([
      [0, 100, 1],
      [260, 600, 1],
    ])
  })

  it('moves ends inwards to the grid', () => {
    expect(free({ claims: [[span(65, 130)]], gridMinutes: 30 })).toEqual([
      [0, 60, 1],
      [150, 600, 1],
    ])
  })

  it('finds every bookable interval and no other, against a try of each', () => {
    const anySpan = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 12 })).map(([from, length]) => span(from, from + length))
    const claimsOfUnit = fc.array(anySpan, { maxLength: 4 }).map(mergeIntervals)
    const buffer = fc.integer({ min: 0, max: 3 })
    fc.assert(
      fc.property(
        fc.array(anySpan, { maxLength: 3 }),
        fc.array(anySpan, { maxLength: 2 }),
        fc.array(claimsOfUnit, { maxLength: 4 }),
        buffer,
        buffer,
        fc.integer({ min: 1, max: 5 }),
        (openSpans, closedSpans, claims, bufferBeforeMinutes, bufferAfterMinutes, gridMinutes) => {
          const open = mergeIntervals(openSpans)
          const closed = mergeIntervals(closedSpans)
          const found = freeIntervals({ open, closed, claims: claims.map(toTimes), bufferBeforeMinutes, bufferAfterMinutes, gridMinutes, timeZone: 'UTC' })
          const starts = Array.from({ length: Math.ceil(46 / gridMinutes) }, (_, index) => index * gridMinutes)
          const tries = starts.flatMap((from) => starts.filter((to) => to > from).map((to) => span(from, to)))
          const wrong = tries.filter((wanted) => {
            const isOpen = open.some((one) => one.startsAt <= wanted.startsAt && wanted.endsAt <= one.endsAt) && !closed.some((one) => overlaps(one, wanted))
            const claim = widenInterval(wanted, { beforeMinutes: bufferBeforeMinutes, afterMinutes: bufferAfterMinutes })
            const units = isOpen ? claims.filter((list) => !list.some((one) => overlaps(one, claim))).length : 0
            const isFound = found.some((one) => one.startsAt <= wanted.startsAt && wanted.endsAt <= one.endsAt)
            const exact = found.find((one) => one.startsAt === wanted.startsAt && one.endsAt === wanted.endsAt)
            return isFound !== units > 0 || (exact && exact.unitsFree !== units)
          })
          expect(wrong).toEqual([])
          expect(new Set(found.map((one) => `${one.startsAt} ${one.endsAt}`)).size).toBe(found.length)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('alignToGrid', () => {
  it('counts from local midnight, over a change of the clock and half-hour zones', () => {
    const align = (zone: string, from: string, to: string, grid: number) => {
      const { startsAt, endsAt } = alignToGrid({ startsAt: Date.parse(from), endsAt: Date.parse(to) }, grid, zone)
      return [new Date(startsAt).toISOString().slice(11, 16), new Date(endsAt).toISOString().slice(11, 16)]
    }
    expect(align('Asia/Kolkata', '2027-01-04T04:10:00Z', '2027-01-04T06:10:00Z', 60)).toEqual(['04:30', '05:30'])
    // 2 h steps: 00:00 and 02:00 local; the change at 01:00Z shows 02:00, which is 01:00Z itself.
    expect(align('Europe/London', '2027-03-28T00:30:00Z', '2027-03-28T04:30:00Z', 120)).toEqual(['01:00', '03:00'])
    expect(align('Australia/Lord_Howe', '2026-10-03T15:20:00Z', '2026-10-03T18:10:00Z', 60)).toEqual(['16:00', '18:00'])
  })

  it('agrees with a look at every minute', () => {
    const place = fc.constantFrom(
      ['Europe/London', '2027-10-30T20:00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T12:00:00Z'],
      ['America/Chicago', '2027-03-14T04:00:00Z'],
    )
    fc.assert(
      fc.property(
        place,
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom(7, 15, 30, 50, 60, 90, 120),
        ([zone, from], offset, length, grid) => {
          const startsAt = Date.parse(from!) + offset * minute
          const interval = { startsAt, endsAt: startsAt + length * minute }
          const aligned = alignToGrid(interval, grid, zone!)
          const isOn = (ms: number) => minutesOfDay(zone!, ms) % grid === 0
          let first = interval.startsAt
          while (!isOn(first)) first += minute
          let last = interval.endsAt
          while (!isOn(last)) last -= minute
          expect(aligned).toEqual({ startsAt: first, endsAt: last })
        },
      ),
    )
  })
})

const formats = new Map<string, Intl.DateTimeFormat>()
function minutesOfDay(zone: string, ms: number): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  formats.set(zone, format)
  const [hour, minutes] = format.format(ms).split(':').map(Number)
  return hour! * 60 + minutes!
}

describe('clipToStarts', () => {
  const at = Date.parse('2027-03-26T10:07:30.500Z')
  const open = [{ startsAt: Date.parse('2027-03-20T00:00:00Z'), endsAt: Date.parse('2028-12-01T00:00:00Z') }]
  const clip = (policy: { leadMinutes?: number; advanceDays?: number }) =>
    clipToStarts(open, { at, timeZone: 'Europe/London', policy }).map(({ startsAt, endsAt }) => [
      new Date(startsAt).toISOString(),
      new Date(endsAt).toISOString(),
    ])

  it('cuts at now, on the full minute, at the lead time and at the advance window', () => {
    expect(clip({})).toEqual([['2027-03-26T10:08:00.000Z', '2028-04-29T09:07:30.000Z']])
    // The clock goes forward on the 28th: half past ten local is an hour earlier from then on.
    expect(clip({ leadMinutes: 60, advanceDays: 3 })).toEqual([['2027-03-26T11:08:00.000Z', '2027-03-29T09:07:30.000Z']])
    expect(clip({ leadMinutes: 2 * 1_440, advanceDays: 1 })).toEqual([])
  })

  it('leaves only what may be booked, at any place and length on the grid, and leaves out no start that may', () => {
    const limits = fc.record(
      {
        gridMinutes: fc.constantFrom(5, 15, 30, 60, 90),
        minMinutes: fc.integer({ min: 1, max: 240 }),
        leadMinutes: fc.integer({ min: 0, max: 5_000 }),
        advanceDays: fc.integer({ min: 0, max: 14 }),
      },
      { requiredKeys: [] },
    )
    const zone = fc.constantFrom('Europe/London', 'America/Chicago', 'Australia/Lord_Howe', 'Asia/Kathmandu')
    const present = fc.integer({ min: Date.parse('2027-03-10T00:00:00Z'), max: Date.parse('2027-04-10T00:00:00Z') })
    const fraction = fc.double({ min: 0, max: 1, noNaN: true })
    let offers = 0
    fc.assert(
      fc.property(limits, zone, present, fc.integer({ min: -3, max: 10 }), fraction, fraction, (policy, timeZone, now, days, place, length) => {
        const range = { startsAt: now + days * 86_400_000, endsAt: now + (days + 5) * 86_400_000 }
        const hours = { weekly: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, opens: '07:00', closes: '03:00' })), exceptions: [] }
        const periods = openPeriods({ openingHours: hours, timeZone }, range)
        const offered = freeIntervals({
          open: clipToStarts(periods, { at: now, timeZone, policy }),
          closed: [],
          claims: [[]],
          bufferBeforeMinutes: 0,
          bufferAfterMinutes: 0,
          gridMinutes: policy.gridMinutes,
          durationMinutes: policy.minMinutes ?? 1,
          timeZone,
        })
        const judge = (interval: Interval) => judgeInterval({ interval, at: now, timeZone, policy, hours, closures: [], capacity: 1, isBookable: true })
        for (const whole of offered) {
          offers++
          expect(judge(whole)).toEqual([])
          const shortest = (policy.minMinutes ?? 1) * minute
          const startsAt = whole.startsAt + Math.floor(((whole.endsAt - whole.startsAt - shortest) * place) / minute) * minute
          const endsAt = startsAt + shortest + Math.floor(((whole.endsAt - startsAt - shortest) * length) / minute) * minute
          const part = policy.gridMinutes ? alignToGrid({ startsAt, endsAt }, policy.gridMinutes, timeZone) : { startsAt, endsAt }
          if (part.endsAt - part.startsAt >= shortest) expect(judge(part)).toEqual([])
        }
        // Nothing that may begin is kept back, but for less than a minute after now.
        const { earliest, latest } = startWindow({ at: now, timeZone, policy })
        for (const period of periods) {
          const start = Math.ceil(Math.max(period.startsAt, earliest + minute) / minute) * minute
          if (policy.gridMinutes || policy.minMinutes || start >= Math.min(period.endsAt, latest) - minute) continue
          expect(offered.some((whole) => whole.startsAt <= start && start < whole.endsAt)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
    expect(offers).toBeGreaterThan(100)
  })
})
