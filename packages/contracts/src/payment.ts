import Type, { type Static } from 'typebox'
import { defineOperation } from './operation.ts'
import { closed, CurrencySchema, IdParamsSchema, IdSchema, InstantSchema, listOf, pageQuery } from './primitives.ts'
import { textOf } from './text.ts'

const minor = Type.Integer({ minimum: 0 })
const positive = Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 })
const reason = textOf({ minLength: 1, maxLength: 500 })

/** Money or credits given back. `pending`: decided and durable, the provider has not answered yet; `refused`: the provider refused it for good. */
export const RefundSchema = Type.Object({
  id: IdSchema,
  paymentId: IdSchema,
  origin: Type.Enum(['operator', 'booking']),
  status: Type.Enum(['pending', 'done', 'refused']),
  amountMinor: minor,
  amountCredits: minor,
  currency: CurrencySchema,
  reason: Type.Optional(Type.String()),
  createdAt: InstantSchema,
})
export type Refund = Static<typeof RefundSchema>

/**
 * One authorized (or refused: `failed`) attempt and what became of its money. A payment by credits moves no money: its
 * `…Minor` members are 0 and its `…Credits` members count. `refunded` only once everything captured went back.
 */
export const PaymentSchema = Type.Object({
  id: IdSchema,
  bookingId: Type.Optional(IdSchema),
  userId: IdSchema,
  method: Type.Enum(['card', 'credits']),
  status: Type.Enum(['authorized', 'captured', 'voided', 'refunded', 'failed']),
  reasonCode: Type.Optional(Type.String()),
  amountMinor: minor,
  capturedMinor: minor,
  refundedMinor: minor,
  currency: CurrencySchema,
  amountCredits: minor,
  capturedCredits: minor,
  refundedCredits: minor,
  refunds: Type.Array(RefundSchema),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
})
export type Payment = Static<typeof PaymentSchema>

/** Own payments newest first; operators see everybody's. */
export const listPayments = defineOperation({
  id: 'list-payments',
  service: 'payment',
  method: 'GET',
  path: '/v1/payments',
  summary: 'Own payments; operators: all',
  access: 'user',
  query: closed({ bookingId: Type.Optional(IdSchema), ...pageQuery }),
  responses: { 200: listOf(PaymentSchema) },
})

/** 404 for a payment of somebody else. */
export const getPayment = defineOperation({
  id: 'get-payment',
  service: 'payment',
  method: 'GET',
  path: '/v1/payments/{id}',
  summary: 'A payment',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: PaymentSchema },
})

/**
 * Gives money back beyond what the booking decides. `amountMinor` for a card payment, `amountCredits` for one by
 * credits. With `GRANT_FOUR_EYES` one's own payment is refunded by another operator or admin (403). More than what was captured and not yet given back: 409 `illegal-transition`. Durable before the provider is asked.
 */
export const createRefund = defineOperation({
  id: 'create-refund',
  service: 'payment',
  method: 'POST',
  path: '/v1/payments/{id}/refunds',
  summary: 'Refund a payment, wholly or in part',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({ amountMinor: Type.Optional(positive), amountCredits: Type.Optional(positive), reason }),
  responses: { 201: RefundSchema },
  problems: ['illegal-transition', 'idempotency-key-reused', 'idempotency-in-progress'],
  idempotent: true,
})

/** Credits that came together and expire together; spent earliest expiry first. */
export const WalletBucketSchema = Type.Object({ source: Type.String(), balanceCredits: minor, expiresAt: Type.Optional(InstantSchema) })

export const WalletSchema = Type.Object({
  id: IdSchema,
  userId: IdSchema,
  balanceCredits: minor,
  buckets: Type.Array(WalletBucketSchema),
})
export type Wallet = Static<typeof WalletSchema>

/** The caller's wallet; made on first sight. */
export const getMyWallet = defineOperation({
  id: 'get-my-wallet',
  service: 'payment',
  method: 'GET',
  path: '/v1/wallets/me',
  summary: 'My wallet',
  access: 'user',
  responses: { 200: WalletSchema },
})

/** 404 for a wallet of somebody else. Operators may also name it by its owner's user id. */
export const getWallet = defineOperation({
  id: 'get-wallet',
  service: 'payment',
  method: 'GET',
  path: '/v1/wallets/{id}',
  summary: 'A wallet',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: WalletSchema },
})

/** One transfer out of `debitAccount` into `creditAccount`; the wallet itself is `wallet:<id>`. */
export const WalletTransactionSchema = Type.Object({
  id: IdSchema,
  at: InstantSchema,
  kind: Type.Enum(['grant', 'reserve', 'release', 'refund', 'expiry']),
  debitAccount: Type.String(),
  creditAccount: Type.String(),
  amountCredits: Type.Integer({ minimum: 1 }),
  bookingId: Type.Optional(IdSchema),
})
export type WalletTransaction = Static<typeof WalletTransactionSchema>

/** Newest first. */
export const listWalletTransactions = defineOperation({
  id: 'list-wallet-transactions',
  service: 'payment',
  method: 'GET',
  path: '/v1/wallets/{id}/transactions',
  summary: 'What moved in a wallet',
  access: 'user',
  params: IdParamsSchema,
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(WalletTransactionSchema) },
})

/** Credits that an operator asked for themselves. Approved by another they are granted; until then they are nobody's. */
export const GrantRequestSchema = Type.Object({
  id: IdSchema,
  walletId: IdSchema,
  userId: IdSchema,
  amountCredits: Type.Integer({ minimum: 1 }),
  reason: Type.String(),
  expiresAt: Type.Optional(InstantSchema),
  status: Type.Enum(['pending', 'approved', 'declined']),
  requestedBy: IdSchema,
  createdAt: InstantSchema,
  decidedBy: Type.Optional(IdSchema),
  decidedAt: Type.Optional(InstantSchema),
})
export type GrantRequest = Static<typeof GrantRequestSchema>

/**
 * Credits given by an operator; `expiresAt` must lie in the future (400). Answers the wallet as it is then. With `GRANT_FOUR_EYES` a grant
 * to oneself is 202 and waits until another operator or admin approves it.
 */
export const createGrant = defineOperation({
  id: 'create-grant',
  service: 'payment',
  method: 'POST',
  path: '/v1/wallets/{id}/grants',
  summary: 'Grant credits',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({ amountCredits: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), reason, expiresAt: Type.Optional(InstantSchema) }),
  responses: { 201: WalletSchema, 202: GrantRequestSchema },
  problems: ['idempotency-key-reused', 'idempotency-in-progress'],
  idempotent: true,
})

/** Newest first; those that wait unless another `status` is asked for. */
export const listGrantRequests = defineOperation({
  id: 'list-grant-requests',
  service: 'payment',
  method: 'GET',
  path: '/v1/grant-requests',
  summary: 'Credits that operators asked for themselves',
  access: 'operator',
  query: closed({ status: Type.Enum(['pending', 'approved', 'declined'], { default: 'pending' }), ...pageQuery }),
  responses: { 200: listOf(GrantRequestSchema) },
})

/** By another operator or admin than asked for it (403). Approving again gives the same answer; a declined or overdue one is 409. */
export const approveGrantRequest = defineOperation({
  id: 'approve-grant-request',
  service: 'payment',
  method: 'POST',
  path: '/v1/grant-requests/{id}/approve',
  summary: 'Approve credits that another operator asked for',
  access: 'operator',
  params: IdParamsSchema,
  responses: { 200: GrantRequestSchema },
  problems: ['illegal-transition'],
})

/** By anybody who could approve it, and by who asked for it. Declining again gives the same answer; an approved one is 409. */
export const declineGrantRequest = defineOperation({
  id: 'decline-grant-request',
  service: 'payment',
  method: 'POST',
  path: '/v1/grant-requests/{id}/decline',
  summary: 'Decline credits that an operator asked for',
  access: 'operator',
  params: IdParamsSchema,
  responses: { 200: GrantRequestSchema },
  problems: ['illegal-transition'],
})
