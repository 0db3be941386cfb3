import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFetchGate } from '../src/kafka/fetch-gate.ts'

const gatherMs = 50
const pausedMs = 250
const few = { full: false, paused: false }
const full = { full: true, paused: false }
const fullAndPaused = { full: true, paused: true }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Whether the next fetch has begun, as time goes by. */
function take(...batches: { full: boolean; paused: boolean }[]) {
  const stopping = new AbortController()
  const gate = createFetchGate({ gatherMs, pausedMs, signal: stopping.signal })
  let begun = false
  void Promise.all(batches.map((batch) => gate.wait(batch))).then(() => (begun = true))
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms)
    return begun
  }
  return { gate, stopping, after }
}

describe('the next fetch', () => {
  it('waits for the gathering time after one that found little', async () => {
    const { after } = take(few, few)
    expect(await after(gatherMs - 1)).toBe(false)
    expect(await after(1)).toBe(true)
  })

  it('begins at once after a full batch, whichever partition it was of', async () => {
    expect(await take(few, full).after(1)).toBe(true)
    expect(await take(full, few).after(1)).toBe(true)
    expect(await take(fullAndPaused, few).after(1)).toBe(true)
  })

  it('waits while all that was found is paused, until one partition goes on', async () => {
    const { gate, after } = take(fullAndPaused, fullAndPaused)
    expect(await after(gatherMs)).toBe(false)
    gate.open()
    expect(await after(0)).toBe(true)
  })

  it('waits for paused partitions no longer than it would sleep in the broker', async () => {
    const { after } = take(fullAndPaused)
    expect(await after(pausedMs - 1)).toBe(false)
    expect(await after(1)).toBe(true)
  })

  it('is not held up when the member stops', async () => {
    const { stopping, after } = take(few)
    await after(1)
    stopping.abort()
    expect(await after(0)).toBe(true)
  })

  it('waits anew for every fetch', async () => {
    const { gate, after } = take(full)
    expect(await after(1)).toBe(true)
    let again = false
    void gate.wait(few).then(() => (again = true))
    await vi.advanceTimersByTimeAsync(gatherMs - 1)
    expect(again).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(again).toBe(true)
  })
})
