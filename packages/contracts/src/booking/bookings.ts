import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema, listOf, nullable, pageQuery } from '../primitives.ts'
import { BrokenRuleSchema } from '../problems.ts'
import {
  AlternativeSchema,
  AttendeesSchema,
  BookingPageSchema,
  BookingQuoteSchema,
  BookingReasonSchema,
  BookingSchema,
  BookingStatusSchema,
  BookingTitleSchema,
  PaymentChoiceSchema,
  SlotSchema,
} from './schemas.ts'

/** What is to be booked. Instants are taken to the whole second. */
export const BookingRequestSchema = closed({
  spaceId: IdSchema,
  unitId: Type.Optional(IdSchema),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  title: Type.Optional(BookingTitleSchema),
  attendees: Type.Optional(AttendeesSchema),
  payment: Type.Optional(PaymentChoiceSchema),
  holdId: Type.Optional(IdSchema),
  teamId: Type.Optional(IdSchema),
})
export type BookingRequest = Static<typeof BookingRequestSchema>

/** Every create rule runs again; `payment` pays a price difference. */
export const BookingChangeSchema = closed(
  {
    startsAt: Type.Optional(InstantSchema),
    endsAt: Type.Optional(InstantSchema),
    spaceId: Type.Optional(IdSchema),
    unitId: Type.Optional(IdSchema),
    title: Type.Optional(BookingTitleSchema),
    attendees: Type.Optional(AttendeesSchema),
    payment: Type.Optional(PaymentChoiceSchema),
  },
  { minProperties: 1 },
)
export type BookingChange = Static<typeof BookingChangeSchema>

export const BookingCheckSchema = Type.Object({
  bookable: Type.Boolean(),
  brokenRules: Type.Array(BrokenRuleSchema),
  conflicts: Type.Array(SlotSchema),
  alternatives: Type.Array(AlternativeSchema),
  quote: BookingQuoteSchema,
})
export type BookingCheck = Static<typeof BookingCheckSchema>

export const TimelineEntrySchema = Type.Object({
  at: InstantSchema,
  what: Type.String(),
  actor: Type.Object({ type: Type.Enum(['user', 'service', 'system']), id: nullable(Type.String()) }),
  traceId: nullable(Type.String()),
  detail: Type.Record(Type.String(), Type.Unknown()),
})
export type TimelineEntry = Static<typeof TimelineEntrySchema>

const booking = { service: 'booking', access: 'user' } as const
const one = { ...booking, params: IdParamsSchema } as const

/** Same rules as create; writes nothing. */
export const checkBooking = defineOperation({
  ...booking,
  id: 'check-booking',
  method: 'POST',
  path: '/v1/bookings/check',
  summary: 'Could this be booked, and for how much?',
  body: BookingRequestSchema,
  responses: { 200: BookingCheckSchema },
  problems: ['rules-broken'],
})
/** 201 confirmed; 202 while the payment is unanswered; 402 refused. */
export const createBooking = defineOperation({
  ...booking,
  id: 'create-booking',
  method: 'POST',
  path: '/v1/bookings',
  summary: 'Book a space',
  body: BookingRequestSchema,
  responses: { 201: BookingSchema, 202: BookingSchema },
  problems: [
    'payment-refused',
    'insufficient-credits',
    'slot-conflict',
    'hold-expired',
    'illegal-transition',
    'idempotency-in-progress',
    'rules-broken',
    'idempotency-key-reused',
  ],
  idempotent: true,
})
/**
 * Own by default. An operator may name a `userId` (or `all`), and sees everybody's bookings of a named space, location
 * or closure; 404 for a closure that nobody has. `from` and `to` select what overlaps `[from, to)`; with `from` the order is ascending by `startsAt`.
 */
export const listBookings = defineOperation({
  ...booking,
  id: 'list-bookings',
  method: 'GET',
  path: '/v1/bookings',
  summary: 'Bookings',
  query: closed({
    from: Type.Optional(InstantSchema),
    to: Type.Optional(InstantSchema),
    status: Type.Optional(BookingStatusSchema),
    spaceId: Type.Optional(IdSchema),
    locationId: Type.Optional(IdSchema),
    closureId: Type.Optional(IdSchema),
    userId: Type.Optional(Type.String({ pattern: '^(all|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$', maxLength: 36 })),
    ...pageQuery,
  }),
  responses: { 200: BookingPageSchema },
})
export const getBooking = defineOperation({
  ...one,
  id: 'get-booking',
  method: 'GET',
  path: '/v1/bookings/{id}',
  summary: 'A booking',
  responses: { 200: BookingSchema },
})
/** Every transition, event and payment, oldest first. */
export const getBookingTimeline = defineOperation({
  ...one,
  id: 'get-booking-timeline',
  method: 'GET',
  path: '/v1/bookings/{id}/timeline',
  summary: 'What happened to a booking',
  responses: { 200: listOf(TimelineEntrySchema) },
})
/** A running booking only changes its end. 200 changed; 202 with `pendingChange` while the price difference is unanswered; 402 leaves it as it was. */
export const changeBooking = defineOperation({
  ...one,
  id: 'change-booking',
  method: 'PATCH',
  path: '/v1/bookings/{id}',
  summary: 'Change a booking',
  body: BookingChangeSchema,
  responses: { 200: BookingSchema, 202: BookingSchema },
  problems: ['precondition-required', 'version-stale', 'rules-broken', 'slot-conflict', 'illegal-transition', 'payment-refused', 'insufficient-credits'],
  ifMatch: true,
})
/** Cancelling again gives the same answer. */
export const cancelBooking = defineOperation({
  ...one,
  id: 'cancel-booking',
  method: 'POST',
  path: '/v1/bookings/{id}/cancel',
  summary: 'Cancel a booking',
  body: closed({ reason: Type.Optional(BookingReasonSchema) }),
  responses: { 200: BookingSchema },
  problems: ['rules-broken', 'illegal-transition', 'idempotency-key-reused'],
  idempotent: true,
})
export const checkInBooking = defineOperation({
  ...one,
  id: 'check-in-booking',
  method: 'POST',
  path: '/v1/bookings/{id}/check-in',
  summary: 'Check in',
  responses: { 200: BookingSchema },
  problems: ['rules-broken', 'illegal-transition', 'idempotency-key-reused'],
  idempotent: true,
})
/** Before the end it frees the rest. */
export const checkOutBooking = defineOperation({
  ...one,
  id: 'check-out-booking',
  method: 'POST',
  path: '/v1/bookings/{id}/check-out',
  summary: 'Check out',
  responses: { 200: BookingSchema },
  problems: ['illegal-transition', 'idempotency-key-reused'],
  idempotent: true,
})
/** For `pending_payment` without an open attempt. */
export const payBooking = defineOperation({
  ...one,
  id: 'pay-booking',
  method: 'POST',
  path: '/v1/bookings/{id}/pay',
  summary: 'Pay for a booking',
  body: closed({ payment: PaymentChoiceSchema }),
  responses: { 200: BookingSchema, 202: BookingSchema },
  problems: ['payment-refused', 'insufficient-credits', 'illegal-transition', 'hold-expired', 'idempotency-key-reused'],
  idempotent: true,
})
