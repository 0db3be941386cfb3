import { expect, it } from 'vitest'
import { createHashQueue } from './hash-queue.ts'

function build(slots: number, waitingMax: number) {
  const queue = createHashQueue({ slots, waitingMax, overloaded: () => new Error('overloaded') })
  const ends: (() => void)[] = []
  const state = { running: 0, most: 0 }
  const add = (signal?: AbortSignal) =>
    queue.run(async () => {
      state.running += 1
      state.most = Math.max(state.most, state.running)
      const { promise, resolve } = Promise.withResolvers<void>()
      ends.push(resolve)
      await promise
      state.running -= 1
    }, signal)
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
  const waiting = add(gone.signal)
  gone.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  expect(queue.waiting()).toBe(0)
  await expect(add(AbortSignal.abort(new Error('gone already')))).rejects.toThrow('gone already')
  const failing = queue.run(() => Promise.reject(new Error('broken')))
  ends.shift()!()
  await running
  await expect(failing).rejects.toThrow('broken')
  expect(await queue.run(() => Promise.resolve('next'))).toBe('next')
})
