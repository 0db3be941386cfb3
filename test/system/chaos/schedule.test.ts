import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../scripts/random.ts'
import { planInjuries } from './schedule.ts'

const repertoire = ['booking.1', 'booking.2', 'payment', 'postgres'].flatMap((target) => [
  { target, how: 'kill' as const },
  { target, how: 'pause' as const },
])
const plan = (seed: number, durationMs: number) => planInjuries({ random: createRandom(seed), durationMs, repertoire })

describe('the schedule of injuries', () => {
  it('is the same for one seed and another for another', () => {
    expect(plan(1, 180_000)).toEqual(plan(1, 180_000))
    expect(plan(1, 180_000)).not.toEqual(plan(2, 180_000))
  })

  it('does everything at least once, also in a short run, and within it', () => {
    for (const durationMs of [20_000, 60_000, 180_000]) {
      const injuries = plan(7, durationMs)
      for (const { target, how } of repertoire) expect(injuries).toContainEqual(expect.objectContaining({ target, how }))
      expect(injuries.every(({ atMs }) => atMs < durationMs)).toBe(true)
    }
  })
})
