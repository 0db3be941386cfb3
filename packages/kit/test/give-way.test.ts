import { describe, expect, it } from 'vitest'
import { giveWay } from '../src/start/give-way.ts'

/** A machine in virtual time with as many idle processors as `idleAt` says, where every draw is the lowest. */
function simulate(idleAt: (ms: number) => number) {
  let time = 0
  let idle = 0
  return {
    now: () => time,
    readIdle: () => idle,
    random: () => 0,
    sleep: async (ms: number) => {
      for (const end = time + ms; time < end; time += 1) idle += idleAt(time)
    },
  }
}

describe('a start that gives way', () => {
  it('waits for nothing without a limit', async () => {
    expect(await giveWay({ limitMs: 0, processors: 2, ...simulate(() => 0) })).toBe(0)
  })

  it('begins after one look on a machine with room', async () => {
    expect(await giveWay({ limitMs: 30_000, processors: 8, ...simulate(() => 6), random: () => 0.99 })).toBeLessThan(1000)
  })

  it('waits while less than half a processor idles, and no longer', async () => {
    const waited = await giveWay({ limitMs: 30_000, processors: 2, ...simulate((ms) => (ms < 10_000 ? 0.3 : 1.5)) })
    expect(waited).toBeGreaterThan(10_000)
    expect(waited).toBeLessThan(11_000)
  })

  it('begins in the end, those that have waited together at different moments', async () => {
    const first = await giveWay({ limitMs: 20_000, processors: 2, ...simulate(() => 0) })
    const last = await giveWay({ limitMs: 20_000, processors: 2, ...simulate(() => 0), random: () => 0.999 })
    expect([first, last].every((waited) => waited >= 14_000 && waited <= 20_001)).toBe(true)
    expect(last - first).toBeGreaterThan(3000)
  })

  it('asks of one processor no more than a quarter', async () => {
    expect(await giveWay({ limitMs: 30_000, processors: 1, ...simulate(() => 0.3) })).toBeLessThan(1000)
  })

  it.each([1, 2, 3, 4, 5])('lets few of many begin at once, seed %i', async (begin) => {
    // Twelve starts of 1.5 s, each taking one of two processors, of which the rest of the machine takes half.
    let seed = begin * 7919
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    let time = 0
    let idle = 0
    const running: number[] = []
    let most = 0
    const sleepers: { at: number; wake: () => void }[] = []
    const start = async () => {
      await giveWay({
        limitMs: 60_000,
        processors: 2,
        random,
        now: () => time,
        readIdle: () => idle,
        sleep: (ms) => new Promise((wake) => void sleepers.push({ at: time + ms, wake })),
      })
      running.push(time + 1500)
    }
    const all = Promise.all(Array.from({ length: 12 }, start))
    for (; time < 60_000; time += 10) {
      const busy = running.filter((end) => end > time).length
      most = Math.max(most, busy)
      idle += Math.max(0, 1.5 - busy) * 10
      for (const due of sleepers.filter(({ at }) => at <= time)) {
        sleepers.splice(sleepers.indexOf(due), 1)
        due.wake()
      }
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
    }
    await all
    expect(running).toHaveLength(12)
    expect(most).toBeLessThanOrEqual(4)
  })
})
