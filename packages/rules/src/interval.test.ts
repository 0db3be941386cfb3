import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Interval, intersectIntervals, isCovered, mergeIntervals, overlaps, subtractIntervals, widenInterval } from './interval.ts'

const anyInterval = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 })).map(([startsAt, endsAt]) => ({ startsAt, endsAt }))
const anyList = fc.array(anyInterval, { maxLength: 8 })
const has = (list: readonly Interval[], point: number) => list.some(({ startsAt, endsAt }) => startsAt <= point && point < endsAt)
const points = Array.from({ length: 42 }, (_, index) => index - 1)
const byStart = (list: readonly Interval[]) => [...list].sort((a, b) => a.startsAt - b.startsAt)
const isDisjoint = (list: readonly Interval[]) =>
  list.every((one, index) => one.startsAt < one.endsAt && (index === 0 || list[index - 1]!.endsAt <= one.startsAt))

describe('interval arithmetic holds point by point', () => {
  it('mergeIntervals', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const merged = mergeIntervals(list)
        for (const point of points) expect(has(merged, point)).toBe(has(list, point))
        expect(merged.every((one, index) => index === 0 || merged[index - 1]!.endsAt < one.startsAt)).toBe(true)
      }),
    )
  })

  it('intersectIntervals', () => {
    fc.assert(
      fc.property(anyList, anyList, (a, b) => {
        const result = intersectIntervals(mergeIntervals(a), mergeIntervals(b))
        for (const point of points) expect(has(result, point)).toBe(has(a, point) && has(b, point))
        expect(isDisjoint(result)).toBe(true)
      }),
    )
  })

  it('subtractIntervals, also from a list whose parts overlap', () => {
    fc.assert(
      fc.property(
        anyList,
        fc.array(
          anyInterval.filter(({ startsAt, endsAt }) => startsAt < endsAt),
          { maxLength: 8 },
        ),
        (a, b) => {
          const result = subtractIntervals(mergeIntervals(a), byStart(b))
          for (const point of points) expect(has(result, point)).toBe(has(a, point) && !has(b, point))
          expect(isDisjoint(result)).toBe(true)
        },
      ),
    )
  })

  it('overlaps is half-open: neighbours that touch do not', () => {
    expect(overlaps({ startsAt: 1, endsAt: 2 }, { startsAt: 2, endsAt: 3 })).toBe(false)
    expect(overlaps({ startsAt: 1, endsAt: 3 }, { startsAt: 2, endsAt: 3 })).toBe(true)
  })

  it('isCovered wants one interval that holds all', () => {
    const list = [
      { startsAt: 0, endsAt: 5 },
      { startsAt: 6, endsAt: 9 },
    ]
    expect(isCovered(list, { startsAt: 6, endsAt: 9 })).toBe(true)
    expect(isCovered(list, { startsAt: 4, endsAt: 7 })).toBe(false)
  })

  it('widenInterval takes minutes', () => {
    expect(widenInterval({ startsAt: 600_000, endsAt: 1_200_000 }, { beforeMinutes: 5, afterMinutes: 10 })).toEqual({ startsAt: 300_000, endsAt: 1_800_000 })
  })
})
