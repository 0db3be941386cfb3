import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OpeningHours } from './hours.ts'
import { checkPolicy, judgeInterval, type JudgeInput } from './policy.ts'

const ms = (text: string) => Date.parse(text)
const always: OpeningHours = { weekly: [], exceptions: [] }
const office: OpeningHours = { weekly: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '08:00', closes: '18:00' })), exceptions: [] }
/** Monday 2027-01-04, seen from the Friday before. */
const judge = (startsAt: string, endsAt: string, input: Partial<JudgeInput> = {}) =>
  judgeInterval({
    interval: { startsAt: ms(startsAt), endsAt: ms(endsAt) },
    at: ms('2027-01-01T12:00:00Z'),
    timeZone: 'Europe/London',
    policy: {},
    hours: always,
    closures: [],
    capacity: 4,
    isBookable: true,
    ...input,
  }).map(({ code }) => code)

describe('judgeInterval', () => {
  it('finds nothing where nothing is limited', () => {
    expect(judge('2027-01-04T03:07:00Z', '2027-01-06T04:00:00Z')).toEqual([])
  })

  it('reports every broken rule at once', () => {
    expect(
      judge('2026-12-31T23:50:00Z', '2027-01-01T00:10:00Z', {
        policy: { minMinutes: 60, gridMinutes: 30, leadMinutes: 10 },
        hours: office,
        closures: [{ startsAt: ms('2026-12-31T00:00:00Z'), endsAt: ms('2027-01-02T00:00:00Z') }],
        attendeeCount: 5,
        isBookable: false,
      }),
    ).toEqual(['not-bookable', 'in-the-past', 'too-soon', 'too-short', 'off-grid', 'outside-opening-hours', 'closed', 'capacity-exceeded'])
  })

  it.each([
    ['2027-01-04T10:00:00Z', '2027-01-04T10:00:00Z'],
    ['2027-01-04T10:00:00Z', '2027-01-04T09:00:00Z'],
  ])('refuses an end that is not after the start: %s to %s', (startsAt, endsAt) => {
    expect(judge(startsAt, endsAt, { policy: { minMinutes: 30 } })).toEqual(['interval-invalid'])
  })

  it('takes a length on the limit and refuses one beyond', () => {
    const policy = { minMinutes: 30, maxMinutes: 120 }
    expect(judge('2027-01-04T10:00:00Z', '2027-01-04T10:30:00Z', { policy })).toEqual([])
    expect(judge('2027-01-04T10:00:00Z', '2027-01-04T12:00:00Z', { policy })).toEqual([])
    expect(judge('2027-01-04T10:00:00Z', '2027-01-04T10:29:00Z', { policy })).toEqual(['too-short'])
    expect(judge('2027-01-04T10:00:00Z', '2027-01-04T12:01:00Z', { policy })).toEqual(['too-long'])
  })

  it('takes a start at this very second and refuses the one before', () => {
    const at = ms('2027-01-01T12:00:00.900Z')
    expect(judge('2027-01-01T12:00:00Z', '2027-01-01T13:00:00Z', { at })).toEqual([])
    expect(judge('2027-01-01T11:59:59Z', '2027-01-01T13:00:00Z', { at })).toEqual(['in-the-past'])
  })

  it('counts the lead from now', () => {
    const policy = { leadMinutes: 60 }
    expect(judge('2027-01-01T13:00:00Z', '2027-01-01T14:00:00Z', { policy })).toEqual([])
    expect(judge('2027-01-01T12:59:00Z', '2027-01-01T14:00:00Z', { policy })).toEqual(['too-soon'])
  })

  it('counts days ahead on the local calendar, 400 at most', () => {
    const at = ms('2027-03-26T12:00:00Z')
    // The clock goes forward on the 28th: noon local is 11:00Z from then on.
    expect(judge('2027-03-29T11:00:00Z', '2027-03-29T12:00:00Z', { at, policy: { advanceDays: 3 } })).toEqual([])
    expect(judge('2027-03-29T11:01:00Z', '2027-03-29T12:00:00Z', { at, policy: { advanceDays: 3 } })).toEqual(['too-far-ahead'])
    expect(judge('2028-02-05T12:00:00Z', '2028-02-05T13:00:00Z')).toEqual([])
    expect(judge('2028-02-06T12:00:00Z', '2028-02-06T13:00:00Z')).toEqual(['too-far-ahead'])
    expect(judge('2028-02-06T12:00:00Z', '2028-02-06T13:00:00Z', { policy: { advanceDays: 5_000 } })).toEqual(['too-far-ahead'])
  })

  describe('of a booking that is lengthened', () => {
    const added = (endsAt: string, input: Partial<JudgeInput> = {}) =>
      judge('2027-01-04T09:10:00Z', endsAt, { addedFrom: ms('2027-01-04T10:10:00Z'), at: ms('2027-01-04T10:00:00Z'), ...input })

    it('judges only what is added: not the start, nor the past, nor hours and closures of what it has', () => {
      const closed = [{ startsAt: ms('2027-01-04T09:00:00Z'), endsAt: ms('2027-01-04T10:10:00Z') }]
      const hours: OpeningHours = { weekly: [{ weekday: 1, opens: '10:10', closes: '12:00' }], exceptions: [] }
      const policy = { leadMinutes: 600, advanceDays: 0, gridMinutes: 30, minMinutes: 600 }
      expect(added('2027-01-04T11:00:00Z', { policy, hours, closures: closed })).toEqual([])
    })

    it('refuses an addition that is closed, outside the hours, off the grid or too long as a whole', () => {
      const hours: OpeningHours = { weekly: [{ weekday: 1, opens: '09:00', closes: '10:30' }], exceptions: [] }
      const closures = [{ startsAt: ms('2027-01-04T10:30:00Z'), endsAt: ms('2027-01-04T12:00:00Z') }]
      const policy = { gridMinutes: 30, maxMinutes: 90 }
      expect(added('2027-01-04T10:45:00Z', { policy, hours, closures, isBookable: false })).toEqual([
        'not-bookable',
        'too-long',
        'off-grid',
        'outside-opening-hours',
        'closed',
      ])
    })

    it('finds nothing where nothing is added', () => {
      expect(
        added('2027-01-04T09:30:00Z', { policy: { minMinutes: 60 }, hours: office, closures: [{ startsAt: 0, endsAt: ms('2028-01-01T00:00:00Z') }] }),
      ).toEqual([])
    })
  })

  it('answers at once however long the interval is', () => {
    expect(judge('2027-01-04T00:00:00Z', '9999-12-31T00:00:00Z', { hours: office })).toEqual(['too-long'])
  })

  it('counts the grid on the wall clock', () => {
    const policy = { gridMinutes: 60 }
    expect(judge('2027-01-04T04:30:00Z', '2027-01-04T05:30:00Z', { policy, timeZone: 'Asia/Kolkata' })).toEqual([])
    expect(judge('2027-01-04T04:00:00Z', '2027-01-04T05:30:00Z', { policy, timeZone: 'Asia/Kolkata' })).toEqual(['off-grid'])
    expect(judge('2027-01-04T04:00:30Z', '2027-01-04T05:00:00Z', { policy })).toEqual(['off-grid'])
  })

  it('wants one open stretch for the whole of it, and lets the last minute end at closing', () => {
    expect(judge('2027-01-04T08:00:00Z', '2027-01-04T18:00:00Z', { hours: office })).toEqual([])
    expect(judge('2027-01-04T17:00:00Z', '2027-01-04T18:01:00Z', { hours: office })).toEqual(['outside-opening-hours'])
    expect(judge('2027-01-04T17:00:00Z', '2027-01-05T09:00:00Z', { hours: office })).toEqual(['outside-opening-hours'])
  })

  it('is closed only where it overlaps a closure', () => {
    const closures = [{ startsAt: ms('2027-01-04T10:00:00Z'), endsAt: ms('2027-01-04T11:00:00Z') }]
    expect(judge('2027-01-04T09:00:00Z', '2027-01-04T10:00:00Z', { closures })).toEqual([])
    expect(judge('2027-01-04T11:00:00Z', '2027-01-04T12:00:00Z', { closures })).toEqual([])
    expect(judge('2027-01-04T10:59:00Z', '2027-01-04T12:00:00Z', { closures })).toEqual(['closed'])
  })

  it('takes as many people as there is room for', () => {
    expect(judge('2027-01-04T10:00:00Z', '2027-01-04T11:00:00Z', { attendeeCount: 4 })).toEqual([])
    expect(judge('2027-01-04T10:00:00Z', '2027-01-04T11:00:00Z', { attendeeCount: 5 })).toEqual(['capacity-exceeded'])
  })

  it('gives no code twice, whatever is asked', () => {
    const when = fc
      .integer({ min: ms('2026-06-01T00:00:00Z') / 1000, max: ms('2029-01-01T00:00:00Z') / 1000 })
      .map((seconds) => new Date(seconds * 1000).toISOString())
    const limit = fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined })
    fc.assert(
      fc.property(
        when,
        when,
        fc.record({ minMinutes: limit, maxMinutes: limit, gridMinutes: limit, leadMinutes: limit, advanceDays: limit }),
        (from, to, policy) => {
          const codes = judge(from, to, { policy, hours: office })
          expect(new Set(codes).size).toBe(codes.length)
        },
      ),
    )
  })
})

describe('checkPolicy', () => {
  it('names contradictions and tiers that come twice', () => {
    const tier = { noticeHours: 24, refundPercent: 50 }
    expect(checkPolicy({ minMinutes: 60, maxMinutes: 30, cancellation: [tier, tier] }).map(({ pointer }) => pointer)).toEqual([
      '/minMinutes',
      '/cancellation/1/noticeHours',
    ])
    expect(checkPolicy({ minMinutes: 60, maxMinutes: 60, cancellation: [tier] })).toEqual([])
  })
})
