import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema, listOf, nullable, pageQuery } from '../primitives.ts'
import { nameOf } from '../text.ts'

const tier = { noticeHours: Type.Number({ minimum: 0, maximum: 10_000 }), refundPercent: Type.Integer({ minimum: 0, maximum: 100 }) }

/** The rules of a policy; an absent one is no limit (no cancellation tiers: everything back until the start). */
const limits = {
  minMinutes: Type.Integer({ minimum: 1, maximum: 576_000 }),
  maxMinutes: Type.Integer({ minimum: 1, maximum: 576_000 }),
  gridMinutes: Type.Integer({ minimum: 1, maximum: 1_440 }),
  leadMinutes: Type.Integer({ minimum: 0, maximum: 576_000 }),
  advanceDays: Type.Integer({ minimum: 1, maximum: 400 }),
  cancellation: Type.Array(closed(tier), { maxItems: 50 }),
}

export const PolicySchema = Type.Object({
  id: IdSchema,
  name: Type.String(),
  minMinutes: Type.Optional(Type.Integer()),
  maxMinutes: Type.Optional(Type.Integer()),
  gridMinutes: Type.Optional(Type.Integer()),
  leadMinutes: Type.Optional(Type.Integer()),
  advanceDays: Type.Optional(Type.Integer()),
  cancellation: Type.Optional(Type.Array(Type.Object({ noticeHours: Type.Number(), refundPercent: Type.Integer() }))),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
})
export type PolicyResource = Static<typeof PolicySchema>

const name = nameOf({ maxLength: 200 })
const policy = { service: 'workspace' } as const

export const listPolicies = defineOperation({
  ...policy,
  id: 'list-policies',
  method: 'GET',
  path: '/v1/policies',
  summary: 'Policies',
  access: 'user',
  query: closed(pageQuery),
  responses: { 200: listOf(PolicySchema) },
})

/** Every member is optional; without a name it is called `Policy`. */
export const createPolicy = defineOperation({
  ...policy,
  id: 'create-policy',
  method: 'POST',
  path: '/v1/policies',
  summary: 'Add a policy',
  access: 'operator',
  body: closed({
    name: Type.Optional(name),
    minMinutes: Type.Optional(limits.minMinutes),
    maxMinutes: Type.Optional(limits.maxMinutes),
    gridMinutes: Type.Optional(limits.gridMinutes),
    leadMinutes: Type.Optional(limits.leadMinutes),
    advanceDays: Type.Optional(limits.advanceDays),
    cancellation: Type.Optional(limits.cancellation),
  }),
  responses: { 201: PolicySchema },
  problems: ['idempotency-key-reused'],
  idempotent: true,
})

export const getPolicy = defineOperation({
  ...policy,
  id: 'get-policy',
  method: 'GET',
  path: '/v1/policies/{id}',
  summary: 'A policy',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: PolicySchema },
})

/** Members left out stay as they are; `null` lifts a limit. Bookings made before keep the rules they were made under. */
export const updatePolicy = defineOperation({
  ...policy,
  id: 'update-policy',
  method: 'PATCH',
  path: '/v1/policies/{id}',
  summary: 'Change a policy',
  access: 'operator',
  params: IdParamsSchema,
  body: closed({
    name: Type.Optional(name),
    minMinutes: Type.Optional(nullable(limits.minMinutes)),
    maxMinutes: Type.Optional(nullable(limits.maxMinutes)),
    gridMinutes: Type.Optional(nullable(limits.gridMinutes)),
    leadMinutes: Type.Optional(nullable(limits.leadMinutes)),
    advanceDays: Type.Optional(nullable(limits.advanceDays)),
    cancellation: Type.Optional(nullable(limits.cancellation)),
  }),
  responses: { 200: PolicySchema },
})
