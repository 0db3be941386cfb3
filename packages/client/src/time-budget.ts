import { DependencyError, type Deadline } from '@alcove/kit'

const timeoutDefaultMs = 5000
/** A timeout shorter than this came from the caller's budget and says nothing about the callee. */
export const judgedFromMs = 1000

/** What is kept back of a time budget so that an answer about a callee's failure still arrives within it. */
export function marginMs(budgetMs: number): number {
  return Math.min(100, budgetMs * 0.1)
}

/** The time one attempt gets: 5 s unless told otherwise, and never beyond the caller's deadline. Not positive: there is none left. */
export function allotMs({ timeoutMs = timeoutDefaultMs, deadline }: { timeoutMs?: number; deadline?: Deadline }): number {
  if (!deadline) return timeoutMs
  const remaining = deadline.remainingMs()
  return Math.min(timeoutMs, remaining - marginMs(remaining))
}

/** The budget a callee is told, so that it answers before its caller gives up. */
export function toBudgetHeader(timeoutMs: number): string {
  return String(Math.max(1, Math.floor(timeoutMs - marginMs(timeoutMs))))
}

export function isTimeout(error: unknown): boolean {
  return error instanceof DependencyError && error.reason === 'timeout'
}
