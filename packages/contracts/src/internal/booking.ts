import Type, { type Static } from 'typebox'
import { BookingStateSchema } from '../events/booking.ts'
import { defineOperation } from '../operation.ts'
import { closed, EmailSchema, IdParamsSchema, IdSchema, InstantSchema, nullable, personal } from '../primitives.ts'

/** A booking with the names and free text that mail needs and events never carry. */
export const BookingDetailSchema = Type.Object({
  state: BookingStateSchema,
  spaceName: Type.String(),
  unitName: Type.String(),
  locationName: Type.String(),
  title: nullable(personal(Type.String())),
  reason: nullable(personal(Type.String())),
  attendees: Type.Array(Type.Object({ email: personal(EmailSchema), name: Type.Optional(personal(Type.String())) })),
})
export type BookingDetail = Static<typeof BookingDetailSchema>
export const getBookingDetail = defineOperation({
  id: 'get-booking-detail',
  service: 'booking',
  method: 'GET',
  path: '/internal/bookings/{id}',
  summary: 'A booking for mail',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: BookingDetailSchema },
})
/**
 * Asked before units are removed or a space or location is archived: stores each space's next revision as the lowest
 * acceptable and says whether future claims exist; if any does, every revision is put back and the answer is `inUse: true`.
 */
export const retireUnits = defineOperation({
  id: 'retire-units',
  service: 'booking',
  method: 'POST',
  path: '/internal/spaces/retire',
  summary: 'Is this in use?',
  access: 'service',
  body: closed({
    at: InstantSchema,
    spaces: Type.Array(
      closed({
        spaceId: IdSchema,
        nextRevision: Type.Integer({ minimum: 1 }),
        /** null: every unit. */ unitIds: nullable(Type.Array(IdSchema, { maxItems: 1000 })),
      }),
      { minItems: 1, maxItems: 2000 },
    ),
  }),
  responses: { 200: Type.Object({ inUse: Type.Boolean() }) },
})
/**
 * Bookings a closure hits, for telling each member once. `settled` false: a booking made while the closure was being
 * stored may still appear, ask again. 404: booking has not heard of the closure (yet, or it was deleted).
 */
export const listClosureBookings = defineOperation({
  id: 'list-closure-bookings',
  service: 'booking',
  method: 'GET',
  path: '/internal/closures/{id}/bookings',
  summary: 'Whom a closure hits',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: Type.Object({ settled: Type.Boolean(), items: Type.Array(Type.Object({ bookingId: IdSchema, userId: IdSchema })) }) },
})
