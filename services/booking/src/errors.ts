import type { Alternative, BrokenRule } from '@alcove/contracts'
import {
  defineError,
  dependencyUnavailable,
  forbidden,
  illegalTransition,
  malformed,
  notFound,
  type ProblemError,
  ProblemError as Problem,
  rulesBroken,
  versionStale,
} from '@alcove/kit'
import { Refusal } from './domain/refusal.ts'

export { dependencyUnavailable, forbidden, illegalTransition, malformed, notFound, rulesBroken, versionStale }

export const paymentRefused = () => new Problem('payment-refused', 'The payment was refused.')
export const insufficientCredits = () => new Problem('insufficient-credits', 'There are not enough credits in the wallet.')
export const holdExpired = () => new Problem('hold-expired', 'The hold has expired.')
export const keyReused = () => new Problem('idempotency-key-reused', 'This Idempotency-Key was used for another request.')
export const holdLimit = () => new Problem('hold-limit', 'At most 3 holds at a time.', { headers: { 'retry-after': '60' } })
export const keyBusy = () =>
  new Problem('idempotency-in-progress', 'The first request with this key is still being handled.', { headers: { 'retry-after': '1' } })
const conflict = defineError('slot-conflict')

/** 409 with what is in the way (never whose) and what is free instead. */
export function slotConflict(conflicts: readonly { startsAt: string; endsAt: string }[], alternatives: readonly Alternative[]): ProblemError {
  return conflict('The space is already taken at that time.', { members: { conflicts, alternatives } })
}

/** 402 as the refused attempt said it. */
export function refusedPayment(reason: string | null): ProblemError {
  return reason === 'insufficient-credits' ? insufficientCredits() : paymentRefused()
}

/** 400 for one member of the body. */
export function malformedMember(pointer: string, detail: string, code = 'required'): ProblemError {
  return malformed([{ pointer, code, detail }])
}

/** 422 for one rule. */
export function ruleBroken(code: BrokenRule['code'], detail: string): ProblemError {
  return rulesBroken([{ code, detail }])
}

const answers: Record<Exclude<Refusal['slug'], 'slot-conflict' | 'quote-stale'>, () => ProblemError> = {
  deactivated: () => forbidden('This account is not active.'),
  closed: () => ruleBroken('closed', 'The space is closed at that time.'),
  'hold-limit': holdLimit,
  'hold-not-found': () => notFound('There is no such hold.'),
  'hold-expired': holdExpired,
  'hold-used': () => illegalTransition('This hold has become a booking already.'),
  'interval-invalid': () => ruleBroken('interval-invalid', 'The hold is for another space or another time.'),
  'illegal-transition': () => illegalTransition('This is not possible in the present state of the booking.'),
  'version-stale': () => versionStale(),
  'idempotency-key-reused': keyReused,
  'key-busy': keyBusy,
}

/** What a refusal of the database means to the caller; other errors pass through. */
export function toPublicError(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error
  if (error.slug === 'slot-conflict') return slotConflict(error.facts as { startsAt: string; endsAt: string }[], [])
  if (error.slug === 'quote-stale') return dependencyUnavailable('workspace', 1, error)
  return answers[error.slug]()
}
