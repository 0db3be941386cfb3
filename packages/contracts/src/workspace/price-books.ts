import Type, { type Static } from 'typebox'
import { SpaceKindSchema } from '../internal/workspace.ts'
import { defineOperation } from '../operation.ts'
import { closed, CurrencySchema, IdParamsSchema, IdSchema, InstantSchema, listOf, nullable, pageQuery } from '../primitives.ts'
import { nameOf } from '../text.ts'
import { TimeOfDaySchema, WeekdaySchema } from './locations.ts'

const amountMinor = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

/**
 * The first rule that matches a minute, in the location's time, prices it. `to` at or before `from` reaches over midnight,
 * and that night belongs to the weekday on which it begins: `weekdays: [5]` from 22:00 to 02:00 ends on Saturday.
 * Every minute of every kind of space must be matched by a rule without `planId` (400 on `/rules`).
 */
export const PriceRuleSchema = closed({
  unit: Type.Enum(['hour', 'day', 'booking']),
  amountMinor,
  weekdays: Type.Optional(Type.Array(WeekdaySchema, { minItems: 1, maxItems: 7, uniqueItems: true })),
  from: Type.Optional(TimeOfDaySchema),
  to: Type.Optional(TimeOfDaySchema),
  planId: Type.Optional(IdSchema),
  kind: Type.Optional(SpaceKindSchema),
  creditsPerUnit: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
})
const rules = Type.Array(PriceRuleSchema, { minItems: 1, maxItems: 100 })

export const PriceBookSchema = Type.Object({
  id: IdSchema,
  name: Type.String(),
  currency: CurrencySchema,
  rules: Type.Array(Type.Object(PriceRuleSchema.properties)),
  dayCapMinor: Type.Optional(Type.Integer()),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
})
export type PriceBookResource = Static<typeof PriceBookSchema>

const name = nameOf({ maxLength: 200 })
const priceBook = { service: 'workspace' } as const

export const listPriceBooks = defineOperation({
  ...priceBook,
  id: 'list-price-books',
  method: 'GET',
  path: '/v1/price-books',
  summary: 'Price books',
  access: 'user',
  query: closed(pageQuery),
  responses: { 200: listOf(PriceBookSchema) },
})

export const createPriceBook = defineOperation({
  ...priceBook,
  id: 'create-price-book',
  method: 'POST',
  path: '/v1/price-books',
  summary: 'Add a price book',
  access: 'operator',
  body: closed({ name, currency: CurrencySchema, rules, dayCapMinor: Type.Optional(amountMinor) }),
  responses: { 201: PriceBookSchema },
  problems: ['idempotency-key-reused'],
  idempotent: true,
})

export const getPriceBook = defineOperation({
  ...priceBook,
  id: 'get-price-book',
  method: 'GET',
  path: '/v1/price-books/{id}',
  summary: 'A price book',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: PriceBookSchema },
})

/** Members left out stay as they are; `dayCapMinor: null` lifts the cap. The currency stays while a space of another currency's location uses it (400). */
export const updatePriceBook = defineOperation({
  ...priceBook,
  id: 'update-price-book',
  method: 'PATCH',
  path: '/v1/price-books/{id}',
  summary: 'Change a price book',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({
    name: Type.Optional(name),
    currency: Type.Optional(CurrencySchema),
    rules: Type.Optional(rules),
    dayCapMinor: Type.Optional(nullable(amountMinor)),
  }),
  responses: { 200: PriceBookSchema },
})
