/**
 * Every place where the death of this process is tested: before and after each durable step. A test arms one by its
 * name through the operations port and the process kills itself there.
 */
export const paymentKillPoints = [
  'payment.authorize.received',
  'payment.authorize.attempt-stored',
  'payment.authorize.provider-answered',
  'payment.authorize.stored',
  'payment.reserve.received',
  'payment.reserve.stored',
  'payment.target.received',
  'payment.target.written',
  'payment.target.committed',
  'payment.release.received',
  'payment.release.stored',
  'payment.settle.leased',
  'payment.capture.provider-answered',
  'payment.capture.stored',
  'payment.void.provider-answered',
  'payment.void.stored',
  'payment.refund.written',
  'payment.refund.provider-answered',
  'payment.refund.stored',
  'payment.charge-credits.before',
  'payment.charge-credits.stored',
  'payment.return-credits.before',
  'payment.return-credits.stored',
  'payment.settle.released',
] as const
export type PaymentKillPoint = (typeof paymentKillPoints)[number]

/** Marks that a step was reached; a no-op unless a test armed it. */
export type ReachKillPoint = (name: PaymentKillPoint) => void
