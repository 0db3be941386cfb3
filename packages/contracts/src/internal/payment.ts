import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, CurrencySchema, IdParamsSchema, IdSchema, nullable, personal } from '../primitives.ts'

const minor = Type.Integer({ minimum: 0 })
/**
 * What became of an attempt. `authorized`: money or credits are held. `refused`: for good, `reasonCode` says why
 * (`payment-refused`, `insufficient-credits`, `voided`: a void came before it). `processing`: ask again.
 */
export const AttemptSchema = Type.Object({
  attemptId: IdSchema,
  status: Type.Enum(['authorized', 'refused', 'processing']),
  paymentId: nullable(IdSchema),
  reasonCode: nullable(Type.String()),
  nextAction: nullable(Type.Object({ type: Type.String(), clientSecret: Type.Optional(Type.String()), redirectUrl: Type.Optional(Type.String()) })),
})
export type Attempt = Static<typeof AttemptSchema>
/** Idempotent on the attempt id: every repeat gives the same answer, another body too. Never captures. */
export const authorizeAttempt = defineOperation({
  id: 'authorize-attempt',
  service: 'payment',
  method: 'PUT',
  path: '/internal/attempts/{id}',
  summary: 'Authorize a payment attempt',
  access: 'service',
  params: IdParamsSchema,
  body: closed({
    bookingId: IdSchema,
    userId: IdSchema,
    method: Type.Enum(['card', 'credits']),
    token: Type.Optional(personal(Type.String({ maxLength: 200 }))),
    amountMinor: minor,
    amountCredits: minor,
    currency: CurrencySchema,
  }),
  responses: { 200: AttemptSchema },
})
/** 404: payment has never seen it. Asks the provider first when its own answer is unknown. */
export const getAttempt = defineOperation({
  id: 'get-attempt',
  service: 'payment',
  method: 'GET',
  path: '/internal/attempts/{id}',
  summary: 'What became of an attempt',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: AttemptSchema },
})
/**
 * Keeps nothing of an attempt: voids or refunds it, and leaves a tombstone when payment has never seen it. Idempotent.
 * Booking calls it for the attempt of a change that expired unanswered: the booking's version, and with it the targets in
 * its events, stay as they were.
 */
export const releaseAttempt = defineOperation({
  id: 'release-attempt',
  service: 'payment',
  method: 'DELETE',
  path: '/internal/attempts/{id}',
  summary: 'Keep nothing of a payment attempt',
  access: 'service',
  params: IdParamsSchema,
  responses: { 204: null },
})
