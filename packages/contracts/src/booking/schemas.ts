import Type, { type Static } from 'typebox'
import { EffectivePolicySchema, QuoteLineSchema } from '../internal/workspace.ts'
import { closed, EmailSchema, IdSchema, InstantSchema, listOf, MoneySchema, personal } from '../primitives.ts'
import { BrokenRuleSchema } from '../problems.ts'
import { lineOf, textOf } from '../text.ts'

/** PostgreSQL text holds no NUL, so no request may bring one. */
const withoutNul = '^[^\\u0000]*$'

/** What a booking is for, as its members wrote it. */
export const BookingTitleSchema = personal(lineOf({ maxLength: 200 }))
/** Why somebody cancelled. */
export const BookingReasonSchema = personal(textOf({ maxLength: 500 }))

export const AttendeeSchema = closed({
  email: personal(EmailSchema),
  name: Type.Optional(personal(lineOf({ maxLength: 200 }))),
})
export type Attendee = Static<typeof AttendeeSchema>

/** Besides the booker; the booker counts towards the capacity too. */
export const AttendeesSchema = Type.Array(AttendeeSchema, { maxItems: 200 })

/** How a booking is paid: `token` goes with `card` and with nothing else (400 on its pointer). */
export const PaymentChoiceSchema = closed({
  method: Type.Enum(['card', 'credits']),
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: withoutNul })),
})
export type PaymentChoice = Static<typeof PaymentChoiceSchema>

export const BookingStatusSchema = Type.Enum([
  'pending_approval',
  'pending_payment',
  'confirmed',
  'checked_in',
  'completed',
  'expired',
  'declined',
  'cancelled',
  'no_show',
])
export type ListedStatus = Static<typeof BookingStatusSchema>

/** The price frozen into a booking; `credits` where it can be paid so. */
export const BookingPriceSchema = Type.Object({
  lines: Type.Array(QuoteLineSchema),
  net: MoneySchema,
  tax: MoneySchema,
  total: MoneySchema,
  credits: Type.Optional(Type.Integer({ minimum: 0 })),
})

/** A step that only the payer can take; absent when there is none. */
export const NextActionSchema = Type.Object({
  type: Type.String(),
  clientSecret: Type.Optional(Type.String()),
  redirectUrl: Type.Optional(Type.String()),
})

export const BookingPaymentSchema = Type.Object({
  id: Type.Optional(IdSchema),
  method: Type.Enum(['card', 'credits', 'invoice', 'none']),
  status: Type.Enum(['none', 'pending', 'authorized', 'captured', 'voided', 'refunded', 'failed']),
  nextAction: Type.Optional(NextActionSchema),
})

/** A change whose price difference is not yet paid: the booking is as it was until then. */
export const PendingChangeSchema = Type.Object({
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  spaceId: IdSchema,
  unitId: IdSchema,
  total: MoneySchema,
  expiresAt: InstantSchema,
})

/** What a cancelled booking gives back; `credits` where it was paid so. */
export const BookingRefundSchema = Type.Object({
  amountMinor: Type.Integer({ minimum: 0 }),
  currency: Type.String(),
  percent: Type.Integer({ minimum: 0, maximum: 100 }),
  credits: Type.Optional(Type.Integer({ minimum: 0 })),
})

/** A booking as its member and operators see it. The ETag is `"<version>"`. */
export const BookingSchema = Type.Object({
  id: IdSchema,
  reference: Type.String(),
  spaceId: IdSchema,
  unitId: IdSchema,
  locationId: IdSchema,
  userId: IdSchema,
  teamId: Type.Optional(IdSchema),
  title: Type.Optional(personal(Type.String())),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  timeZone: Type.String(),
  status: BookingStatusSchema,
  version: Type.Integer({ minimum: 1 }),
  price: BookingPriceSchema,
  payment: BookingPaymentSchema,
  holdExpiresAt: Type.Optional(InstantSchema),
  seriesId: Type.Optional(IdSchema),
  attendees: Type.Array(Type.Object({ email: personal(Type.String()), name: Type.Optional(personal(Type.String())) })),
  pendingChange: Type.Optional(PendingChangeSchema),
  checkedInAt: Type.Optional(InstantSchema),
  checkedOutAt: Type.Optional(InstantSchema),
  refund: Type.Optional(BookingRefundSchema),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
})
export type Booking = Static<typeof BookingSchema>
export const BookingPageSchema = listOf(BookingSchema)

/** A half-open interval `[startsAt, endsAt)`. */
export const SlotSchema = Type.Object({ startsAt: InstantSchema, endsAt: InstantSchema })
export type Slot = Static<typeof SlotSchema>
export const AlternativeSchema = Type.Object({ spaceId: IdSchema, startsAt: InstantSchema, endsAt: InstantSchema })
export type Alternative = Static<typeof AlternativeSchema>

/** The price and rules behind a check. */
export const BookingQuoteSchema = Type.Object({
  ...BookingPriceSchema.properties,
  policy: EffectivePolicySchema,
  brokenRules: Type.Array(BrokenRuleSchema),
})
