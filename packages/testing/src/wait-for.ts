import { setTimeout as sleep } from 'node:timers/promises'

/** Options of {@link waitFor}. */
export interface WaitForOptions {
  /** Gives up after this long; default 50 s. Generous: a loaded machine must not fail a right program. */
  timeoutMs?: number
  what?: string
}

/**
 * Polls every 10 ms until the condition answers something truthy, and returns that. Errors thrown by the
 * condition count as "not yet"; the last one is the cause when time is up.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitForOptions = {}): Promise<NonNullable<Exclude<T, false>>> {
  const limit = performance.now() + (options.timeoutMs ?? 50_000)
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value) return value as NonNullable<Exclude<T, false>>
      cause = undefined
    } catch (error) {
      cause = error
    }
    await sleep(10)
  } while (performance.now() < limit)
  throw new Error(`waited in vain for ${options.what ?? condition.toString().slice(0, 200)}`, { cause })
}
