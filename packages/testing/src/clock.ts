import type { Clock } from '@alcove/kit'

/** A clock that stands still until told otherwise. */
export interface TestClock extends Clock {
  set(instant: string | Date): void
  advance(by: { seconds?: number; minutes?: number; hours?: number; days?: number }): void
}

/** Starts at the given instant, by default a Monday morning. */
export function createTestClock(instant: string | Date = '2026-01-05T09:00:00Z'): TestClock {
  let current = new Date(instant)
  return {
    now: () => new Date(current),
    set: (next) => {
      current = new Date(next)
    },
    advance: ({ seconds = 0, minutes = 0, hours = 0, days = 0 }) => {
      current = new Date(current.getTime() + (seconds + 60 * (minutes + 60 * (hours + 24 * days))) * 1000)
    },
  }
}
