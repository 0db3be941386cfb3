import { readFileSync, statSync } from 'node:fs'

/** Product time. Tokens, timeouts and deadlines use real time instead. */
export interface Clock {
  now(): Date
}

/** How long a moved clock may go unseen by a process. */
export const clockStalenessMs = 25

/**
 * A clock that follows real time, plus the offset in a shared file when one is given (local profile).
 * The file holds `{"offsetMs": n}`; it is looked at no more often than every 25 ms, an absent or unreadable one means 0.
 */
export function createClock(options: { file?: string } = {}): Clock {
  const { file } = options
  if (!file) return { now: () => new Date() }
  let offsetMs = 0
  let seen = ''
  let checkedAt = -Infinity

  function readOffset(path: string): void {
    try {
      const { mtimeMs, ino, size } = statSync(path)
      const stamp = `${mtimeMs}:${ino}:${size}`
      if (stamp === seen) return
      const { offsetMs: read } = JSON.parse(readFileSync(path, 'utf8')) as { offsetMs?: unknown }
      offsetMs = typeof read === 'number' && Number.isFinite(read) ? read : 0
      seen = stamp
    } catch {
      offsetMs = 0
      seen = ''
    }
  }

  return {
    now() {
      const real = Date.now()
      if (real - checkedAt >= clockStalenessMs || real < checkedAt) {
        checkedAt = real
        readOffset(file)
      }
      return new Date(real + offsetMs)
    },
  }
}

/** An instant as answers show it: RFC 3339 in UTC with `Z` and whole seconds. */
export function toInstant(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
