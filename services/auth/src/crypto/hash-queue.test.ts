import { expect, it, vi } from 'vitest'
import { createHashQueue, type HashTurn } from './hash-queue.ts'

function build(slots: number, waitingMax: number) {
  const queue = createHashQueue({ slots, waitingMax, waitMaxMs: 60_000, overloaded: () => new Error('overloaded') })
  const ends: (() => void)[] = []
  const state = { running: 0, most: 0 }
  const add = (turn?: HashTurn) =>
    queue.run(async () => {
      state.running += 1
      state.most = Math.max(state.most, state.running)
      const { promise, resolve } = Promise.withResolvers<void>()
      ends.push(resolve)
      await promise
      state.running -= 1
    }, turn)
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return { queue, ends, state, add, turn }
}

it('runs no more than its slots at once and refuses what cannot wait', async () => {
  const { queue, ends, state, add, turn } = build(2, 3)
  const all = Array.from({ length: 5 }, () => add())
  await turn()
  expect(state.running).toBe(2)
  expect(queue.waiting()).toBe(3)
  await expect(add()).rejects.toThrow('overloaded')
  while (ends.length > 0) {
    ends.shift()!()
    await turn()
  }
  await Promise.all(all)
  expect(state).toEqual({ running: 0, most: 2 })
  expect(queue.waiting()).toBe(0)
})

it('lets a caller that goes away leave the queue, and work that throws give its slot back', async () => {
  const { queue, ends, add, turn } = build(1, 5)
  const running = add()
  await turn()
  const gone = new AbortController()
  const waiting = add({ signal: gone.signal })
  gone.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  expect(queue.waiting()).toBe(0)
  await expect(add({ signal: AbortSignal.abort(new Error('gone already')) })).rejects.toThrow('gone already')
  const failing = queue.run(() => Promise.reject(new Error('broken')))
  ends.shift()!()
  await running
  await expect(failing).rejects.toThrow('broken')
  expect(await queue.run(() => Promise.resolve('next'))).toBe('next')
})

it('gives the next slot to people who sign in, however many register before them', async () => {
  const queue = createHashQueue({ slots: 2, waitingMax: 200, waitMaxMs: 60_000, overloaded: () => new Error('overloaded') })
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const add = (name: string, urgency: 'known' | 'new') =>
    queue.run(
      async () => {
        await gate.promise
        order.push(name)
      },
      { urgency },
    )
  const registrations = Array.from({ length: 120 }, (_, n) => add(`registration ${n}`, 'new'))
  const login = add('login', 'known')
  gate.resolve()
  await Promise.all([...registrations, login])
  // Those that hold the two slots already end before it.
  expect(order.indexOf('login')).toBe(2)
})

it('lets nobody wait longer than the limit, whose place others then take', async () => {
  vi.useFakeTimers()
  try {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const queue = createHashQueue({ slots: 1, waitingMax: 1, waitMaxMs: 2500, overloaded: () => new Error('overloaded') })
    const running = queue.run(() => held)
    const late = queue.run(() => Promise.resolve('never'))
    const refused = expect(late).rejects.toThrow('overloaded')
    await vi.advanceTimersByTimeAsync(2499)
    expect(queue.waiting()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await refused
    expect(queue.waiting()).toBe(0)
    const next = queue.run(() => Promise.resolve('next'))
    release()
    await running
    expect(await next).toBe('next')
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
