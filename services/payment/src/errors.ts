import { defineError, illegalTransition, malformed, type ProblemError } from '@alcove/kit'

export { notFound } from '@alcove/kit'

export const idempotencyKeyReused = defineError('idempotency-key-reused')

/** A refund beyond what was captured and not yet given back. */
export function refundTooLarge(refundable: number, unit: string): ProblemError {
  return illegalTransition(`Only ${refundable} ${unit} of this payment can still be refunded.`, { members: { refundable } })
}

/** The amount of a refund is in the unit the payment was made in: exactly that member must be there. */
export function wrongAmount(wanted: string, refused: string, given: { wanted: boolean; refused: boolean }): ProblemError {
  const errors = []
  if (!given.wanted) errors.push({ pointer: `/${wanted}`, code: 'required', detail: `This payment is refunded by ${wanted}.` })
  if (given.refused) errors.push({ pointer: `/${refused}`, code: 'unknown-member', detail: `This payment is not refunded by ${refused}.` })
  return malformed(errors)
}

export function invalidField(pointer: string, detail: string): ProblemError {
  return malformed([{ pointer, code: 'invalid', detail }])
}
