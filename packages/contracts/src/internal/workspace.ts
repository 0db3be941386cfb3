import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { BrokenRuleSchema } from '../problems.ts'
import { closed, CurrencySchema, IdParamsSchema, IdSchema, InstantSchema, nullable } from '../primitives.ts'

const minor = Type.Integer({ minimum: 0 })
export const SpaceKindSchema = Type.Enum(['desk', 'room', 'office', 'equipment'])
export const QuoteLineSchema = Type.Object({ text: Type.String(), quantity: Type.Number(), unitAmountMinor: minor, amountMinor: minor })

/** The rules that hold for a space after inheritance; an absent field is no limit. */
export const EffectivePolicySchema = Type.Object({
  minMinutes: Type.Optional(Type.Integer()),
  maxMinutes: Type.Optional(Type.Integer()),
  gridMinutes: Type.Optional(Type.Integer()),
  leadMinutes: Type.Optional(Type.Integer()),
  advanceDays: Type.Optional(Type.Integer()),
  cancellation: Type.Optional(Type.Array(Type.Object({ noticeHours: Type.Number(), refundPercent: Type.Integer() }))),
})
export type EffectivePolicy = Static<typeof EffectivePolicySchema>

/** Everything booking freezes into a booking: price, policy, the units it may claim, names for mail. */
export const SpaceQuoteSchema = Type.Object({
  space: Type.Object({
    id: IdSchema,
    locationId: IdSchema,
    name: Type.String(),
    kind: SpaceKindSchema,
    capacity: Type.Integer(),
    revision: Type.Integer(),
    status: Type.Enum(['active', 'disabled']),
    bufferBeforeMinutes: Type.Integer(),
    bufferAfterMinutes: Type.Integer(),
  }),
  location: Type.Object({ id: IdSchema, name: Type.String(), timeZone: Type.String(), currency: CurrencySchema, weekStartsOn: Type.Integer() }),
  /** Active units, best fit first. */
  units: Type.Array(Type.Object({ id: IdSchema, name: Type.String() })),
  lines: Type.Array(QuoteLineSchema),
  currency: CurrencySchema,
  netMinor: minor,
  taxMinor: minor,
  totalMinor: minor,
  /** What it costs in credits; null where it cannot be paid with credits. */
  totalCredits: nullable(minor),
  policy: EffectivePolicySchema,
  brokenRules: Type.Array(BrokenRuleSchema),
})
export type SpaceQuote = Static<typeof SpaceQuoteSchema>

/**
 * `at` is the caller's clock; `attendeeCount` includes the booker. 404 unknown or archived space, or a `unitId` that is none
 * of its units. Quotes may be half a second old; one older than `revisionMin` (which a claim asked for) is read anew.
 */
export const quoteSpace = defineOperation({
  id: 'quote-space',
  service: 'workspace',
  method: 'POST',
  path: '/internal/quotes',
  summary: 'Rules and price of a booking',
  access: 'service',
  body: closed({
    spaceId: IdSchema,
    unitId: Type.Optional(IdSchema),
    startsAt: InstantSchema,
    endsAt: InstantSchema,
    at: InstantSchema,
    planId: nullable(IdSchema),
    teamIds: Type.Array(IdSchema, { maxItems: 200 }),
    teamId: Type.Optional(IdSchema),
    attendeeCount: Type.Optional(Type.Integer({ minimum: 0 })),
    revisionMin: Type.Optional(Type.Integer({ minimum: 1 })),
    /** A booking has everything before this already: rules are judged on what is added, the price is that of the whole. */
    addedFrom: Type.Optional(InstantSchema),
  }),
  responses: { 200: SpaceQuoteSchema },
})

/**
 * A closure as it is this moment, read from the database: for decisions about money, which no copy may make. 404: there is
 * none, or it was deleted.
 */
export const findClosure = defineOperation({
  id: 'find-closure',
  service: 'workspace',
  method: 'GET',
  path: '/internal/closures/{id}',
  summary: 'A closure',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: Type.Object({ id: IdSchema, locationId: IdSchema, spaceIds: Type.Array(IdSchema), startsAt: InstantSchema, endsAt: InstantSchema }) },
})

/** Whether a closure hits a space in an interval, read from the database as `find-closure` is. */
export const checkClosed = defineOperation({
  id: 'check-closed',
  service: 'workspace',
  method: 'POST',
  path: '/internal/closures/check',
  summary: 'Is this space closed?',
  access: 'service',
  body: closed({ locationId: IdSchema, spaceId: IdSchema, startsAt: InstantSchema, endsAt: InstantSchema }),
  responses: { 200: Type.Object({ closed: Type.Boolean() }) },
})

const PeriodSchema = Type.Object({ startsAt: InstantSchema, endsAt: InstantSchema })
/** What availability needs besides claims: open periods (after hours and whole-location closures) by location, units and buffers by space. */
export const SchedulesSchema = Type.Object({
  locations: Type.Array(Type.Object({ id: IdSchema, timeZone: Type.String(), open: Type.Array(PeriodSchema) })),
  spaces: Type.Array(
    Type.Object({
      id: IdSchema,
      locationId: IdSchema,
      kind: SpaceKindSchema,
      capacity: Type.Integer(),
      bufferBeforeMinutes: Type.Integer(),
      bufferAfterMinutes: Type.Integer(),
      unitIds: Type.Array(IdSchema),
      closed: Type.Array(PeriodSchema),
      gridMinutes: nullable(Type.Integer()),
      /** Limits of the space's policy, by which nobody is offered what nobody may book. */
      minMinutes: Type.Optional(Type.Integer()),
      maxMinutes: Type.Optional(Type.Integer()),
      leadMinutes: Type.Optional(Type.Integer()),
      advanceDays: Type.Optional(Type.Integer()),
    }),
  ),
})
export type Schedules = Static<typeof SchedulesSchema>
/** Active spaces only, at most 2,000; unknown ids are left out. */
export const listSchedules = defineOperation({
  id: 'list-schedules',
  service: 'workspace',
  method: 'POST',
  path: '/internal/schedules',
  summary: 'Open periods and units of spaces',
  access: 'service',
  body: closed({
    from: InstantSchema,
    to: InstantSchema,
    spaceIds: Type.Optional(Type.Array(IdSchema, { maxItems: 200 })),
    locationId: Type.Optional(IdSchema),
    kind: Type.Optional(SpaceKindSchema),
    capacityMin: Type.Optional(Type.Integer({ minimum: 1 })),
    amenities: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 })),
  }),
  responses: { 200: SchedulesSchema },
})
