import type { Deadline } from '@alcove/kit'

/** Left for the answer's way back, in milliseconds. */
const reserveMs = 200

/** How long to wait for the provider on behalf of a caller with this deadline. */
export function toWaitMs(deadline: Deadline, maxMs: number): number {
  return Math.max(0, Math.min(maxMs, deadline.remainingMs() - reserveMs))
}
