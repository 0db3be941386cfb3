import { defineError, malformed, notFound } from '@alcove/kit'
import type { Issue } from '@alcove/rules'

export { malformed, notFound, rulesBroken } from '@alcove/kit'
export const inUse = defineError('in-use')
export const idempotencyKeyReused = () => defineError('idempotency-key-reused')('The key was used for another request within the last 24 hours.')

/** 400 with everything that is wrong, or nothing when there is nothing. */
export function assertNoIssues(issues: readonly Issue[]): void {
  if (issues.length > 0) throw malformed(issues.map((issue) => ({ ...issue })))
}

/** The record, or 404 naming what there is not; archived counts as gone. */
export function assertPresent<T extends object>(record: T | undefined, what: string): T {
  const { archivedAt, deletedAt } = (record ?? {}) as { archivedAt?: Date | null; deletedAt?: Date | null }
  if (!record || archivedAt || deletedAt) throw notFound(`There is no such ${what}.`)
  return record
}
