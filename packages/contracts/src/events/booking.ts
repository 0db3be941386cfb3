import Type, { type Static } from 'typebox'
import { CurrencySchema, IdSchema, InstantSchema, nullable } from '../primitives.ts'
import { ActorSchema } from './audit.ts'
import { defineEvent } from './event.ts'

const minor = Type.Integer({ minimum: 0 })

/**
 * One payment attempt of a booking and how much of it is to be kept: payment moves the money there (capture,
 * partial capture, void, refund). `keepMinor` and `keepCredits` null: not decided yet (still authorized only).
 */
export const AttemptTargetSchema = Type.Object({
  attemptId: IdSchema,
  method: Type.Enum(['card', 'credits']),
  currency: CurrencySchema,
  amountMinor: minor,
  amountCredits: minor,
  keepMinor: nullable(minor),
  keepCredits: nullable(minor),
})
export type AttemptTarget = Static<typeof AttemptTargetSchema>

/** A booking's public state as every booking event carries it. */
export const BookingStateSchema = Type.Object({
  bookingId: IdSchema,
  version: Type.Integer({ minimum: 1 }),
  reference: Type.String(),
  userId: IdSchema,
  teamId: nullable(IdSchema),
  spaceId: IdSchema,
  unitId: IdSchema,
  locationId: IdSchema,
  kind: Type.Enum(['desk', 'room', 'office', 'equipment']),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  timeZone: Type.String(),
  status: Type.Enum(['held', 'pending_approval', 'pending_payment', 'confirmed', 'checked_in', 'completed', 'expired', 'declined', 'cancelled', 'no_show']),
  currency: CurrencySchema,
  netMinor: minor,
  taxMinor: minor,
  totalMinor: minor,
  totalCredits: minor,
  paymentMethod: Type.Enum(['card', 'credits', 'none']),
  attempts: Type.Array(AttemptTargetSchema),
  checkedInAt: nullable(InstantSchema),
  /** When the rest was freed; booked minutes are cut here. */
  checkedOutAt: nullable(InstantSchema),
  /** Set by `cancelled`, `expired`: a closed code, never free text. */
  reasonCode: nullable(Type.Enum(['member', 'operator', 'payment-refused', 'payment-failed', 'deactivated', 'expired', 'closure'])),
  refundMinor: nullable(minor),
  refundCredits: nullable(minor),
  refundPercent: nullable(Type.Integer({ minimum: 0, maximum: 100 })),
  /** In `rescheduled`: what it was before. */
  previous: nullable(Type.Object({ spaceId: IdSchema, unitId: IdSchema, startsAt: InstantSchema, endsAt: InstantSchema })),
  createdAt: InstantSchema,
  /** When this transition happened, by the product's clock. */
  at: InstantSchema,
})
export type BookingState = Static<typeof BookingStateSchema>

/** What a booking was before it moved, price and zone included. */
export const BookingBeforeSchema = Type.Object({
  spaceId: IdSchema,
  unitId: IdSchema,
  locationId: IdSchema,
  kind: Type.Enum(['desk', 'room', 'office', 'equipment']),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  timeZone: Type.String(),
  currency: CurrencySchema,
  netMinor: minor,
  taxMinor: minor,
  totalMinor: minor,
  totalCredits: minor,
})

/** `booking.rescheduled.v2`: all of what it was before, never null, and who moved it. */
export const BookingMoveSchema = Type.Object({ ...BookingStateSchema.properties, previous: BookingBeforeSchema, actor: ActorSchema })
export type BookingMove = Static<typeof BookingMoveSchema>

const example: BookingState = {
  bookingId: '01890000-0000-7000-8000-000000000020',
  version: 1,
  reference: 'ALC-7Q2M4K',
  userId: '01890000-0000-7000-8000-000000000001',
  teamId: null,
  spaceId: '01890000-0000-7000-8000-000000000011',
  unitId: '01890000-0000-7000-8000-000000000012',
  locationId: '01890000-0000-7000-8000-000000000010',
  kind: 'desk',
  startsAt: '2026-01-05T09:00:00Z',
  endsAt: '2026-01-05T10:00:00Z',
  timeZone: 'Europe/London',
  status: 'pending_payment',
  currency: 'GBP',
  netMinor: 1000,
  taxMinor: 200,
  totalMinor: 1200,
  totalCredits: 0,
  paymentMethod: 'card',
  attempts: [
    {
      attemptId: '01890000-0000-7000-8000-000000000021',
      method: 'card',
      currency: 'GBP',
      amountMinor: 1200,
      amountCredits: 0,
      keepMinor: null,
      keepCredits: null,
    },
  ],
  checkedInAt: null,
  checkedOutAt: null,
  reasonCode: null,
  refundMinor: null,
  refundCredits: null,
  refundPercent: null,
  previous: null,
  createdAt: '2026-01-04T09:00:00Z',
  at: '2026-01-04T09:00:00Z',
}
const kept = example.attempts.map((attempt) => ({ ...attempt, keepMinor: 1200 }))
const dropped = example.attempts.map((attempt) => ({ ...attempt, keepMinor: 0 }))
const bookingEvent = (what: string, state: Partial<BookingState>) =>
  defineEvent({ topic: 'booking', type: `booking.${what}.v1`, data: BookingStateSchema, example: { ...example, ...state } })

export const bookingCreated = bookingEvent('created', {})
export const bookingConfirmed = bookingEvent('confirmed', { version: 2, status: 'confirmed', attempts: kept })
const moved = {
  ...example,
  version: 3,
  status: 'confirmed' as const,
  attempts: kept,
  startsAt: '2026-01-05T11:00:00Z',
  endsAt: '2026-01-05T12:00:00Z',
}
/** `successorEventId`: the id of the v2 that tells the same; absent in events from before there was one. */
export const bookingRescheduled = defineEvent({
  topic: 'booking',
  type: 'booking.rescheduled.v1',
  data: Type.Object({ ...BookingStateSchema.properties, successorEventId: Type.Optional(IdSchema) }),
  example: {
    ...moved,
    previous: { spaceId: example.spaceId, unitId: example.unitId, startsAt: example.startsAt, endsAt: example.endsAt },
    successorEventId: '01890000-0000-7000-8000-000000000022',
  },
})
export const bookingRescheduledV2 = defineEvent({
  topic: 'booking',
  type: 'booking.rescheduled.v2',
  data: BookingMoveSchema,
  example: {
    ...moved,
    previous: {
      spaceId: example.spaceId,
      unitId: example.unitId,
      locationId: example.locationId,
      kind: example.kind,
      startsAt: example.startsAt,
      endsAt: example.endsAt,
      timeZone: example.timeZone,
      currency: example.currency,
      netMinor: 500,
      taxMinor: 100,
      totalMinor: 600,
      totalCredits: 0,
    },
    actor: { type: 'user', id: example.userId },
  },
})
export const bookingCancelled = bookingEvent('cancelled', {
  version: 4,
  status: 'cancelled',
  attempts: dropped,
  reasonCode: 'member',
  refundMinor: 1200,
  refundCredits: 0,
  refundPercent: 100,
})
export const bookingCheckedIn = bookingEvent('checked-in', { version: 3, status: 'checked_in', attempts: kept, checkedInAt: '2026-01-05T09:01:00Z' })
export const bookingCompleted = bookingEvent('completed', {
  version: 4,
  status: 'completed',
  attempts: kept,
  checkedInAt: '2026-01-05T09:01:00Z',
  checkedOutAt: '2026-01-05T09:50:00Z',
})
export const bookingNoShow = bookingEvent('no-show', { version: 3, status: 'no_show', attempts: kept })
export const bookingExpired = bookingEvent('expired', { version: 2, status: 'expired', attempts: dropped, reasonCode: 'expired' })
