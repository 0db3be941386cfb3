import { describe, expect, it } from 'vitest'
import { dayOf, divideRange } from './group.ts'

const at = (instant: string) => Date.parse(instant)
const range = (from: string, to: string) => ({ startsAt: at(from), endsAt: at(to) })
const berlin = { timeZone: 'Europe/Berlin', weekStartsOn: 1 }

describe('divideRange', () => {
  it('cuts at local midnights, the first and last at the range', () => {
    expect(divideRange(range('2026-01-05T12:00:00Z', '2026-01-07T06:00:00Z'), berlin, 'day')).toEqual([
      { key: '2026-01-05', ...range('2026-01-05T12:00:00Z', '2026-01-05T23:00:00Z') },
      { key: '2026-01-06', ...range('2026-01-05T23:00:00Z', '2026-01-06T23:00:00Z') },
      { key: '2026-01-07', ...range('2026-01-06T23:00:00Z', '2026-01-07T06:00:00Z') },
    ])
  })

  it('makes days of 23 and 25 hours as long as they are', () => {
    const hours = (from: string, to: string) => divideRange(range(from, to), berlin, 'day').map(({ startsAt, endsAt }) => (endsAt - startsAt) / 3_600_000)
    expect(hours('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toEqual([23])
    expect(hours('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toEqual([25])
  })

  it('begins weeks on the day the location says and names them by it', () => {
    const week = (weekStartsOn: number) =>
      divideRange(range('2026-01-06T00:00:00Z', '2026-01-13T00:00:00Z'), { timeZone: 'UTC', weekStartsOn }, 'week').map(({ key }) => key)
    expect(week(1)).toEqual(['2026-01-05', '2026-01-12'])
    expect(week(7)).toEqual(['2026-01-04', '2026-01-11'])
  })

  it('divides by months over a change of year', () => {
    const months = divideRange(range('2025-12-15T00:00:00Z', '2026-02-02T00:00:00Z'), { timeZone: 'America/Chicago', weekStartsOn: 7 }, 'month')
    expect(months.map(({ key }) => key)).toEqual(['2025-12', '2026-01', '2026-02'])
    expect(months[1]).toMatchObject(range('2026-01-01T06:00:00Z', '2026-02-01T06:00:00Z'))
  })

  it('goes on over a day that a zone left out', () => {
    const days = divideRange(range('2011-12-29T10:00:00Z', '2011-12-31T10:00:00Z'), { timeZone: 'Pacific/Apia', weekStartsOn: 1 }, 'day')
    expect(days.map(({ key }) => key)).toEqual(['2011-12-29', '2011-12-31'])
  })
})

describe('dayOf', () => {
  it('is the local day that contains the instant', () => {
    expect(dayOf('America/Chicago', at('2026-01-06T03:00:00Z'))).toEqual(range('2026-01-05T06:00:00Z', '2026-01-06T06:00:00Z'))
  })
})
