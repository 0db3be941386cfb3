import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refundAmount, refundPercent } from './refund.ts'

const start = Date.parse('2027-01-04T10:00:00Z')
const hoursBefore = (hours: number) => start - hours * 3_600_000
const tiers = [
  { noticeHours: 2, refundPercent: 25 },
  { noticeHours: 48, refundPercent: 100 },
  { noticeHours: 24, refundPercent: 50 },
]

describe('refundPercent', () => {
  it.each([
    [72, 100],
    [48, 100],
    [47.99, 50],
    [24, 50],
    [2, 25],
    [1.99, 0],
    [0, 0],
    [-1, 0],
  ])('%s hours before the start gives back %s percent, in whatever order the tiers stand', (hours, percent) => {
    expect(refundPercent(tiers, start, hoursBefore(hours))).toBe(percent)
    expect(refundPercent([...tiers].reverse(), start, hoursBefore(hours))).toBe(percent)
  })

  it('gives everything back until the start where no tier is set', () => {
    for (const none of [undefined, []]) {
      expect(refundPercent(none, start, start - 1)).toBe(100)
      expect(refundPercent(none, start, start)).toBe(0)
    }
  })
})

describe('refundAmount', () => {
  it('rounds half up and never gives more than was paid', () => {
    expect(refundAmount(125, 50)).toBe(63)
    expect(refundAmount(124, 50)).toBe(62)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), fc.integer({ min: 0, max: 100 }), (amount, percent) => {
        const back = refundAmount(amount, percent)
        expect(back).toBeGreaterThanOrEqual(0)
        expect(back).toBeLessThanOrEqual(amount)
        expect(Math.abs(back - (amount * percent) / 100)).toBeLessThanOrEqual(0.501)
      }),
    )
  })
})
