import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema, listOf, pageQuery } from '../primitives.ts'
import { textOf } from '../text.ts'

/** `spaceIds` absent: the whole location. */
export const ClosureSchema = Type.Object({
  id: IdSchema,
  locationId: IdSchema,
  spaceIds: Type.Optional(Type.Array(IdSchema)),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  reason: Type.String(),
  createdAt: InstantSchema,
})
export type Closure = Static<typeof ClosureSchema>

const closure = { service: 'workspace' } as const

/** `from` and `to`: closures that overlap this range. */
export const listClosures = defineOperation({
  ...closure,
  id: 'list-closures',
  method: 'GET',
  path: '/v1/closures',
  summary: 'Closures',
  access: 'user',
  query: closed({ ...pageQuery, locationId: Type.Optional(IdSchema), from: Type.Optional(InstantSchema), to: Type.Optional(InstantSchema) }),
  responses: { 200: listOf(ClosureSchema) },
})

/** Cancels no booking by itself: what it hits is `GET /v1/bookings?closureId=`. 422 `interval-invalid` when it does not end after it starts. */
export const createClosure = defineOperation({
  ...closure,
  id: 'create-closure',
  method: 'POST',
  path: '/v1/closures',
  summary: 'Close a location or some of its spaces',
  access: 'operator',
  body: closed({
    locationId: IdSchema,
    spaceIds: Type.Optional(Type.Array(IdSchema, { minItems: 1, maxItems: 500, uniqueItems: true })),
    startsAt: InstantSchema,
    endsAt: InstantSchema,
    reason: textOf({ minLength: 1, maxLength: 500 }),
  }),
  responses: { 201: ClosureSchema },
  problems: ['rules-broken', 'idempotency-key-reused'],
  idempotent: true,
})

export const getClosure = defineOperation({
  ...closure,
  id: 'get-closure',
  method: 'GET',
  path: '/v1/closures/{id}',
  summary: 'A closure',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: ClosureSchema },
})

export const deleteClosure = defineOperation({
  ...closure,
  id: 'delete-closure',
  method: 'DELETE',
  path: '/v1/closures/{id}',
  summary: 'Open again',
  access: 'operator',
  params: IdParamsSchema,
  responses: { 204: null },
})
