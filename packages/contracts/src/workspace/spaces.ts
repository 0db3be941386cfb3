import Type, { type Static } from 'typebox'
import { SpaceKindSchema } from '../internal/workspace.ts'
import { defineOperation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema, listOf, nullable, pageQuery } from '../primitives.ts'
import { nameOf } from '../text.ts'

const AmenitySchema = nameOf({ maxLength: 64 })
export const SpaceStatusSchema = Type.Enum(['active', 'disabled'])
const storeyNumber = Type.Integer({ minimum: -1_000, maximum: 1_000 })
/** A storey's name or its number, as it was written. */
const FloorSchema = Type.Union([nameOf({ maxLength: 64 }), storeyNumber])

export const SpaceSchema = Type.Object({
  id: IdSchema,
  locationId: IdSchema,
  name: Type.String(),
  kind: SpaceKindSchema,
  /** People one unit holds. */
  capacity: Type.Integer(),
  /** Interchangeable units: a booking takes one. */
  units: Type.Integer(),
  unitList: Type.Array(Type.Object({ id: IdSchema, name: Type.String(), status: SpaceStatusSchema })),
  amenities: Type.Array(Type.String()),
  bufferBeforeMinutes: Type.Integer(),
  bufferAfterMinutes: Type.Integer(),
  policyId: Type.Optional(IdSchema),
  priceBookId: Type.Optional(IdSchema),
  status: SpaceStatusSchema,
  floor: Type.Optional(Type.Union([Type.String(), storeyNumber])),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
})
export type Space = Static<typeof SpaceSchema>

const members = {
  name: nameOf({ maxLength: 200 }),
  kind: SpaceKindSchema,
  capacity: Type.Integer({ minimum: 1, maximum: 100_000 }),
  units: Type.Integer({ minimum: 1, maximum: 1_000 }),
  amenities: Type.Array(AmenitySchema, { maxItems: 50, uniqueItems: true }),
  bufferBeforeMinutes: Type.Integer({ minimum: 0, maximum: 1_440 }),
  bufferAfterMinutes: Type.Integer({ minimum: 0, maximum: 1_440 }),
  status: SpaceStatusSchema,
}

// What may be left out when a space is made, and changed later.
const settable = {
  capacity: Type.Optional(members.capacity),
  units: Type.Optional(members.units),
  amenities: Type.Optional(members.amenities),
  bufferBeforeMinutes: Type.Optional(members.bufferBeforeMinutes),
  bufferAfterMinutes: Type.Optional(members.bufferAfterMinutes),
  policyId: Type.Optional(nullable(IdSchema)),
  priceBookId: Type.Optional(nullable(IdSchema)),
  status: Type.Optional(members.status),
  floor: Type.Optional(nullable(FloorSchema)),
}

const space = { service: 'workspace' } as const

/** Archived spaces are not listed. Every `amenity` must be there. */
export const listSpaces = defineOperation({
  ...space,
  id: 'list-spaces',
  method: 'GET',
  path: '/v1/spaces',
  summary: 'Spaces',
  access: 'user',
  query: closed({
    ...pageQuery,
    locationId: Type.Optional(IdSchema),
    kind: Type.Optional(SpaceKindSchema),
    status: Type.Optional(SpaceStatusSchema),
    capacityMin: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    amenity: Type.Optional(Type.Array(AmenitySchema, { minItems: 1, maxItems: 50 })),
  }),
  responses: { 200: listOf(SpaceSchema) },
})

/** Without default: `locationId`, `name`, `kind`. A price book must be in the location's currency (400 on its pointer). */
export const createSpace = defineOperation({
  ...space,
  id: 'create-space',
  method: 'POST',
  path: '/v1/spaces',
  summary: 'Add a space',
  access: 'operator',
  body: closed({
    locationId: IdSchema,
    name: members.name,
    kind: members.kind,
    ...settable,
  }),
  responses: { 201: SpaceSchema },
  problems: ['idempotency-key-reused'],
  idempotent: true,
})

export const getSpace = defineOperation({
  ...space,
  id: 'get-space',
  method: 'GET',
  path: '/v1/spaces/{id}',
  summary: 'A space',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: SpaceSchema },
})

/**
 * Members left out stay as they are; `null` takes policy, price book or floor away. Fewer `units` remove the last ones that
 * have no future booking; 409 `in-use` when too few are free.
 */
export const updateSpace = defineOperation({
  ...space,
  id: 'update-space',
  method: 'PATCH',
  path: '/v1/spaces/{id}',
  summary: 'Change a space',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({
    name: Type.Optional(members.name),
    kind: Type.Optional(members.kind),
    ...settable,
  }),
  responses: { 200: SpaceSchema },
  problems: ['in-use'],
})

/** Archives the space; 409 `in-use` while it has a future booking. Bookings made before keep its name. */
export const deleteSpace = defineOperation({
  ...space,
  id: 'delete-space',
  method: 'DELETE',
  path: '/v1/spaces/{id}',
  summary: 'Archive a space',
  access: 'operator',
  params: IdParamsSchema,
  responses: { 204: null },
  problems: ['in-use'],
})
