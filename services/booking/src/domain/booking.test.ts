import { describe, expect, test } from 'vitest'
import { bookingStatuses, canBecome, isListed, transitions } from './booking.ts'
import { formatInstant, parseInstant } from './instants.ts'
import { toReference } from './reference.ts'

describe('transitions', () => {
  test('nothing leaves a final state, and every state but the first is reached', () => {
    const final = bookingStatuses.filter((status) => transitions[status].length === 0)
    expect(final).toEqual(['completed', 'expired', 'declined', 'cancelled', 'no_show'])
    for (const status of bookingStatuses)
      if (status !== 'held')
        expect(
          bookingStatuses.some((from) => canBecome(from, status)),
          status,
        ).toBe(true)
    expect(canBecome('held', 'held')).toBe(false)
  })

  test('a hold, a hold that was never used and a withdrawn request are not listed', () => {
    expect(isListed({ status: 'confirmed', version: 2, withdrawn: false })).toBe(true)
    expect(isListed({ status: 'held', version: 2, withdrawn: false })).toBe(false)
    expect(isListed({ status: 'expired', version: 0, withdrawn: false })).toBe(false)
    expect(isListed({ status: 'cancelled', version: 2, withdrawn: true })).toBe(false)
  })
})

describe('instants', () => {
  test('honour offsets and are taken to the whole second', () => {
    expect(formatInstant(parseInstant('2026-03-29T02:30:00.999+01:00'))).toBe('2026-03-29T01:30:00Z')
    expect(formatInstant(parseInstant('2026-01-01t00:00:00z'))).toBe('2026-01-01T00:00:00Z')
  })
})

describe('references', () => {
  test('are ALC- and six characters that can be read out', () => {
    expect(toReference(Uint8Array.from([0, 31, 32, 255, 10, 18]))).toBe('ALC-0Z0ZAJ')
    const seen = new Set(Array.from({ length: 256 }, (_, byte) => toReference(new Uint8Array(6).fill(byte)).at(-1)))
    expect([...seen].sort().join('')).toBe('0123456789ABCDEFGHJKMNPQRSTVWXYZ')
  })
})
