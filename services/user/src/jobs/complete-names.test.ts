import { expect, it } from 'vitest'
import { createNameWaker } from './complete-names.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('runs once for many calls at a time, once more for calls meanwhile, and survives a failure', async () => {
  const ends: ((error?: Error) => void)[] = []
  const warned: unknown[] = []
  const wake = createNameWaker(() => new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))), {
    warn: (...given: unknown[]) => void warned.push(given),
  } as never)
  wake()
  wake()
  wake()
  expect(ends).toHaveLength(1)
  ends[0]!()
  await turn()
  expect(ends).toHaveLength(2)
  ends[1]!(new Error('auth is down'))
  await turn()
  expect(warned).toHaveLength(1)
  wake()
  expect(ends).toHaveLength(3)
})
