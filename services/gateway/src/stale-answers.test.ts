import { beforeEach, describe, expect, it } from 'vitest'
import { createStaleAnswers, type KeptAnswer, type SharedAnswers, type StaleAnswers } from './stale-answers.ts'

let now = 0
beforeEach(() => {
  now = 1_000_000_000
})
const owner = { userId: 'u', service: 'booking' } as const
const build = (options: Partial<Parameters<typeof createStaleAnswers>[0]> = {}) =>
  createStaleAnswers({ bytesMax: 1_000_000, ageMaxMs: 60_000, now: () => now, ...options })
const answer = (text: string, bytes = 10): KeptAnswer => ({ requestedAtMs: now, headers: {}, body: Buffer.alloc(bytes, text) })
const textOf = async (answers: StaleAnswers, key: string, by: Parameters<StaleAnswers['find']>[1] = owner) => (await answers.find(key, by))?.body.toString()[0]

describe('memory', () => {
  it('never exceeds its bytes, whatever is kept: the least used goes first', async () => {
    const answers = build({ bytesMax: 100_000 })
    for (let index = 0; index < 1000; index += 1) answers.keep(`k${index}`, answer('x', (index % 40) * 1000))
    expect(answers.bytes()).toBeGreaterThan(50_000)
    expect(answers.bytes()).toBeLessThanOrEqual(100_000)
    expect([await textOf(answers, 'k0'), await textOf(answers, 'k999')]).toEqual([undefined, 'x'])
  })
  it('of nothing keeps nothing', async () => {
    const answers = build({ bytesMax: 0 })
    answers.keep('k', answer('x'))
    expect(await textOf(answers, 'k')).toBeUndefined()
  })
  it('forgets what is too old, and what the service took back', async () => {
    const answers = build()
    answers.keep('k', answer('a'))
    answers.keep('l', answer('b'))
    answers.drop('l')
    now += 59_999
    expect([await textOf(answers, 'k'), await textOf(answers, 'l')]).toEqual(['a', undefined])
    now += 1
    expect(await textOf(answers, 'k')).toBeUndefined()
  })
})

describe('a person’s own write', () => {
  it('hides what this person read of that service before, and nothing else', async () => {
    const answers = build()
    answers.keep('k', answer('a'))
    now += 1
    answers.noteWrite(owner)
    expect(await textOf(answers, 'k')).toBeUndefined()
    expect(await textOf(answers, 'k', { ...owner, userId: 'other' })).toBe('a')
    expect(await textOf(answers, 'k', { ...owner, service: 'workspace' })).toBe('a')
    now += 1
    answers.keep('k', answer('b'))
    expect(await textOf(answers, 'k')).toBe('b')
  })
  it('also hides a read that was under way meanwhile', async () => {
    const answers = build()
    const begun = answer('a')
    now += 5
    answers.noteWrite(owner)
    answers.keep('k', begun)
    expect(await textOf(answers, 'k')).toBeUndefined()
  })
  it('is not undone by so many writers that theirs cannot all be remembered', async () => {
    const answers = build()
    answers.keep('k', answer('a'))
    now += 1
    answers.noteWrite(owner)
    now += 1
    for (let index = 0; index < 50_000; index += 1) answers.noteWrite({ userId: `u${index}`, service: 'booking' })
    expect(await textOf(answers, 'k')).toBeUndefined()
  })
})

describe('a common memory', () => {
  /** Two replicas over it. */
  function buildTwo() {
    const kept = new Map<string, KeptAnswer>()
    const writes = new Map<string, number>()
    let stored = 0
    const shared: SharedAnswers = {
      find: async (key, by) => ({ answer: kept.get(key), wroteAtMs: (by && writes.get(by.userId)) ?? Number.NEGATIVE_INFINITY }),
      keep: (key, each) => {
        stored += 1
        kept.set(key, each)
      },
      drop: (key) => void kept.delete(key),
      noteWrite: ({ userId }, atMs) => void writes.set(userId, atMs),
    }
    return { here: build({ shared }), there: build({ shared }), stored: () => stored }
  }

  it('gives what another replica kept, and the newer of two', async () => {
    const { here, there } = buildTwo()
    here.keep('k', answer('a'))
    expect(await textOf(there, 'k')).toBe('a')
    now += 5000
    there.keep('k', answer('b'))
    expect(await textOf(here, 'k')).toBe('b')
  })
  it('knows of a write through another replica, and allows for their clocks to differ', async () => {
    const { here, there } = buildTwo()
    here.keep('k', answer('a'))
    now += 500
    there.noteWrite(owner)
    now += 500
    here.keep('k', answer('b'))
    expect(await textOf(here, 'k')).toBeUndefined()
    now += 5000
    here.keep('k', answer('c'))
    expect([await textOf(here, 'k'), await textOf(there, 'k')]).toEqual(['c', 'c'])
  })
  it('is not written at every read', () => {
    const { here, stored } = buildTwo()
    for (let index = 0; index < 100; index += 1) here.keep('k', answer('a'))
    expect(stored()).toBe(1)
    now += 1000
    here.keep('k', answer('a'))
    expect(stored()).toBe(2)
  })
})
