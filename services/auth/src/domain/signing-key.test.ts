import { describe, expect, it } from 'vitest'
import { after } from './session.ts'
import { buildSchedule, jwksCacheMaxSeconds, planRotation, type SigningKey, toPhases } from './signing-key.ts'

const now = new Date('2026-01-05T09:00:00Z')
const schedule = buildSchedule(24 * 3600)
const key = (kid: string, activatesAt: Date): SigningKey => ({ kid, activatesAt, createdAt: activatesAt, publicJwk: {}, sealedPrivateKey: new Uint8Array() })

describe('planRotation', () => {
  it('makes a key that signs at once and the next one when there is none', () => {
    expect(planRotation([], schedule, now)).toEqual({ create: [now, after(now, 24 * 3600)], remove: [] })
  })

  it('makes the next one a lifetime after the current one, and only once', () => {
    const current = key('a', after(now, -3600))
    expect(planRotation([current], schedule, now).create).toEqual([after(now, 23 * 3600)])
    expect(planRotation([current, key('b', after(now, 60))], schedule, now).create).toEqual([])
  })

  it('never lets a key sign before every verifier can have it, however late the sweep or short the lifetime', () => {
    const overdue = key('a', after(now, -10 * 24 * 3600))
    const briefly = buildSchedule(60)
    for (const create of [planRotation([overdue], schedule, now).create, planRotation([key('a', now)], briefly, now).create]) {
      expect(create).toHaveLength(1)
      expect(create[0]!.getTime()).toBeGreaterThan(after(now, jwksCacheMaxSeconds).getTime())
    }
  })

  it('forgets a retired key only after a token’s life and a JWKS’s life', () => {
    const since = (seconds: number) => [key('old', after(now, -1e6)), key('current', after(now, -seconds)), key('next', after(now, 1e6))]
    expect(planRotation(since(900 + jwksCacheMaxSeconds), schedule, now).remove).toEqual([])
    expect(planRotation(since(900 + jwksCacheMaxSeconds + 120), schedule, now).remove).toEqual(['old'])
  })
})

it('toPhases: the last activated key signs, the ones before it are retired since their successor began', () => {
  const keys = [key('next', after(now, 1)), key('a', after(now, -30)), key('c', now), key('b', after(now, -10))]
  const { next, current, retired } = toPhases(keys, now)
  expect(next.map(({ kid }) => kid)).toEqual(['next'])
  expect(current?.kid).toBe('c')
  expect(retired.map((one) => [one.key.kid, one.since])).toEqual([
    ['b', now],
    ['a', after(now, -10)],
  ])
})
