/** A sleep that a wake-up ends early; a wake-up while nobody sleeps ends the next sleep at once. */
export interface Sleeper {
  sleep(ms: number): Promise<void>
  wake(): void
}

export function createSleeper(): Sleeper {
  let pending = false
  let end: (() => void) | undefined
  return {
    sleep(ms) {
      if (pending) {
        pending = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), ms)
        end = () => {
          clearTimeout(timer)
          end = undefined
          resolve()
        }
      })
    },
    wake() {
      if (end) end()
      else pending = true
    },
  }
}

/** Pause before try number `failures + 1`: doubling from `firstMs` to `maxMs`, with up to 20 % jitter. */
export function backoffMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20)) * (0.8 + Math.random() * 0.2)
}

/** Resolves after the time or when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
  })
}
