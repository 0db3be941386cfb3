import Type, { type Static } from 'typebox'
import { CurrencySchema, IdSchema, InstantSchema, nullable } from '../primitives.ts'
import { defineEvent } from './event.ts'

const minor = Type.Integer({ minimum: 0 })

export const PaymentStateSchema = Type.Object({
  paymentId: IdSchema,
  version: Type.Integer({ minimum: 1 }),
  attemptId: IdSchema,
  bookingId: nullable(IdSchema),
  userId: IdSchema,
  method: Type.Enum(['card', 'credits']),
  status: Type.Enum(['authorized', 'captured', 'voided', 'refunded', 'failed']),
  currency: CurrencySchema,
  amountMinor: minor,
  capturedMinor: minor,
  refundedMinor: minor,
  amountCredits: minor,
  reasonCode: nullable(Type.String({ maxLength: 64 })),
  at: InstantSchema,
})
export type PaymentState = Static<typeof PaymentStateSchema>
const example: PaymentState = {
  paymentId: '01890000-0000-7000-8000-000000000030',
  version: 1,
  attemptId: '01890000-0000-7000-8000-000000000021',
  bookingId: '01890000-0000-7000-8000-000000000020',
  userId: '01890000-0000-7000-8000-000000000001',
  method: 'card',
  status: 'authorized',
  currency: 'GBP',
  amountMinor: 1200,
  capturedMinor: 0,
  refundedMinor: 0,
  amountCredits: 0,
  reasonCode: null,
  at: '2026-01-04T09:00:01Z',
}
const paymentEvent = (what: string, state: Partial<PaymentState>) =>
  defineEvent({ topic: 'payment', type: `payment.${what}.v1`, data: PaymentStateSchema, example: { ...example, ...state } })
export const paymentAuthorized = paymentEvent('authorized', {})
export const paymentCaptured = paymentEvent('captured', { version: 2, status: 'captured', capturedMinor: 1200 })
export const paymentVoided = paymentEvent('voided', { version: 2, status: 'voided' })
export const paymentRefunded = paymentEvent('refunded', { version: 3, status: 'refunded', capturedMinor: 1200, refundedMinor: 1200 })
/** A capture (or authorization, `reasonCode`) refused for good. */
export const paymentFailed = paymentEvent('failed', { version: 2, status: 'failed', reasonCode: 'capture-refused' })

/** A wallet's balance moved; `kind` says why. */
const WalletState = Type.Object({
  walletId: IdSchema,
  version: Type.Integer({ minimum: 1 }),
  userId: IdSchema,
  balanceCredits: minor,
  amountCredits: Type.Integer(),
  kind: Type.Enum(['grant', 'charge', 'refund', 'expiry']),
  bookingId: nullable(IdSchema),
  at: InstantSchema,
})
const wallet = {
  walletId: '01890000-0000-7000-8000-000000000031',
  version: 1,
  userId: example.userId,
  balanceCredits: 100,
  amountCredits: 100,
  kind: 'grant' as const,
  bookingId: null,
  at: example.at,
}
export const walletCredited = defineEvent({ topic: 'payment', type: 'payment.wallet-credited.v1', data: WalletState, example: wallet })
export const walletDebited = defineEvent({
  topic: 'payment',
  type: 'payment.wallet-debited.v1',
  data: WalletState,
  example: { ...wallet, version: 2, balanceCredits: 90, amountCredits: -10, kind: 'charge', bookingId: example.bookingId },
})
