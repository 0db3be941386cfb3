import type { Deadline } from '@alcove/kit'

const timeoutDefaultMs = 5000

/** What is kept back of a time budget so that an answer about a callee's failure still arrives within it. */
export function marginMs(budgetMs: number): number {
  return Math.min(100, budgetMs * 0.1)
}

/**
 * The time one attempt gets: 5 s unless told otherwise, and never beyond the caller's deadline; not positive: there is none left. A callee is judged by its own
 * time alone: `timeoutCounts` is false where the deadline cut it, for a caller may give as little as it likes.
 */
export function allot({ timeoutMs = timeoutDefaultMs, deadline }: { timeoutMs?: number; deadline?: Deadline }): { timeoutMs: number; timeoutCounts: boolean } {
  if (!deadline) return { timeoutMs, timeoutCounts: true }
  const remainingMs = deadline.remainingMs()
  const leftMs = remainingMs - marginMs(remainingMs)
  return leftMs < timeoutMs ? { timeoutMs: leftMs, timeoutCounts: false } : { timeoutMs, timeoutCounts: true }
}

/** The budget a callee is told, so that it answers before its caller gives up. */
export function toBudgetHeader(timeoutMs: number): string {
  return String(Math.max(1, Math.floor(timeoutMs - marginMs(timeoutMs))))
}
