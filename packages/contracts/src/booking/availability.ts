import Type, { type Static } from 'typebox'
import { SpaceKindSchema } from '../internal/workspace.ts'
import { defineOperation } from '../operation.ts'
import { closed, IdSchema, InstantSchema, listOf } from '../primitives.ts'

/** Free time of one space: each interval is bookable as a whole on at least one single unit; those of a pool may overlap. Nothing in the past, before the lead time or beyond the advance window. */
export const SpaceAvailabilitySchema = Type.Object({
  spaceId: IdSchema,
  free: Type.Array(Type.Object({ startsAt: InstantSchema, endsAt: InstantSchema, unitsFree: Type.Integer({ minimum: 1 }) })),
})
export type SpaceAvailability = Static<typeof SpaceAvailabilitySchema>

/** `from` to `to` spans at most 31 days; `locationId` or `spaceId` must be given (400). All spaces unless `limit` is given. */
export const getAvailability = defineOperation({
  id: 'get-availability',
  service: 'booking',
  method: 'GET',
  path: '/v1/availability',
  summary: 'Free time of spaces',
  access: 'user',
  query: closed({
    from: InstantSchema,
    to: InstantSchema,
    locationId: Type.Optional(IdSchema),
    spaceId: Type.Optional(Type.Array(IdSchema, { minItems: 1, maxItems: 200 })),
    kind: Type.Optional(SpaceKindSchema),
    capacityMin: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    amenity: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\u0000]*$' }), { minItems: 1, maxItems: 50 })),
    durationMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 44_640 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  }),
  responses: { 200: listOf(SpaceAvailabilitySchema) },
})
