import Type, { type Static } from 'typebox'
import { EffectivePolicySchema, QuoteLineSchema } from '../internal/workspace.ts'
import { defineOperation } from '../operation.ts'
import { closed, IdSchema, InstantSchema, MoneySchema } from '../primitives.ts'
import { BrokenRuleSchema } from '../problems.ts'

export const QuoteSchema = Type.Object({
  lines: Type.Array(QuoteLineSchema),
  net: MoneySchema,
  tax: MoneySchema,
  total: MoneySchema,
  /** Where it can be paid with credits. */
  credits: Type.Optional(Type.Integer()),
  policy: EffectivePolicySchema,
  brokenRules: Type.Array(BrokenRuleSchema),
})
export type Quote = Static<typeof QuoteSchema>

/**
 * What a booking would cost and every static rule it would break, at the price for nobody's plan: whether a unit is free
 * and what the caller's own plan says is answered by `POST /v1/bookings/check`. An add-on that does not exist: 404.
 */
export const createQuote = defineOperation({
  service: 'workspace',
  id: 'create-quote',
  method: 'POST',
  path: '/v1/quotes',
  summary: 'Price and broken rules of a booking',
  access: 'user',
  body: closed({
    spaceId: IdSchema,
    startsAt: InstantSchema,
    endsAt: InstantSchema,
    addons: Type.Optional(Type.Array(closed({ addonId: IdSchema, quantity: Type.Integer({ minimum: 1, maximum: 1_000 }) }), { maxItems: 50 })),
    teamId: Type.Optional(IdSchema),
  }),
  responses: { 200: QuoteSchema },
})
