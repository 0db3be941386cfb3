import { defineError, illegalTransition, malformed, type ProblemError, forbidden } from '@alcove/kit'

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

export const ownGrant = () => forbidden('You asked for these credits yourself: another operator or admin has to approve them.')
export const ownRefund = () => forbidden('This payment is your own: another operator or admin has to refund it.')
export const grantDecided = (status: string) => illegalTransition(`These credits are ${status} already.`)
export const grantOverdue = () => illegalTransition('These credits would have expired by now: decline them and ask for others.')

export function invalidField(pointer: string, detail: string): ProblemError {
  return malformed([{ pointer, code: 'invalid', detail }])
}
