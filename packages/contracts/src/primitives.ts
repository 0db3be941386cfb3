import Type, { type Static, type TSchema } from 'typebox'

/** A UUID in its canonical lower-case form; Alcove makes only version 7 (RFC 9562). */
export const IdSchema = Type.String({ format: 'uuid', maxLength: 36 })

/** A request's instant: RFC 3339 with any offset. Answers always use `Z` and whole seconds. */
export const InstantSchema = Type.String({ format: 'date-time', maxLength: 40 })

/** An amount in the currency's minor unit with its ISO 4217 code. */
export const MoneySchema = Type.Object(
  {
    amountMinor: Type.Integer({ minimum: -1_000_000_000_000, maximum: 1_000_000_000_000 }),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  },
  { additionalProperties: false },
)
export type Money = Static<typeof MoneySchema>

/** ISO 4217 alphabetic code. */
export const CurrencySchema = Type.String({ pattern: '^[A-Z]{3}$' })

/** An IANA time zone name; whether it exists is judged by the owner (400 on its pointer). */
export const TimeZoneSchema = Type.String({ minLength: 1, maxLength: 64 })

/** An e-mail address, at most 254 characters (RFC 5321). */
export const EmailSchema = Type.String({ format: 'email', maxLength: 254 })

/** Path parameter of every `/{id}` route. */
export const IdParamsSchema = Type.Object({ id: IdSchema }, { additionalProperties: false })

/** Page size and position shared by every list: `limit` 1 to 200, default 50; `cursor` opaque. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
}

/** An object schema that refuses unknown members: the only kind a request may use. */
export function closed<P extends Record<string, TSchema>>(properties: P, options: { $id?: string; minProperties?: number; description?: string } = {}) {
  return Type.Object(properties, { ...options, additionalProperties: false })
}

/** A list answer: `{ items, nextCursor }`. */
export function listOf<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) })
}

/** Marks a member that says something about a person; no event schema may hold one (design, Events). */
export function personal<T extends TSchema>(schema: T): T {
  return { ...schema, 'x-personal': true }
}

/** `null` or the schema. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}
