import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema } from '../primitives.ts'

export const HoldRequestSchema = closed({ spaceId: IdSchema, startsAt: InstantSchema, endsAt: InstantSchema })
export type HoldRequest = Static<typeof HoldRequestSchema>

/** A claim kept for a while for one person; its id is that of the booking it becomes. */
export const HoldSchema = Type.Object({
  id: IdSchema,
  spaceId: IdSchema,
  unitId: IdSchema,
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  expiresAt: InstantSchema,
})
export type Hold = Static<typeof HoldSchema>

/** At most 3 a person (429 `hold-limit`), for `HOLD_TTL_SECONDS` (600). */
export const createHold = defineOperation({
  id: 'create-hold',
  service: 'booking',
  method: 'POST',
  path: '/v1/holds',
  summary: 'Hold a space while deciding',
  access: 'user',
  body: HoldRequestSchema,
  responses: { 201: HoldSchema },
  problems: ['slot-conflict', 'rules-broken', 'hold-limit', 'idempotency-in-progress', 'idempotency-key-reused'],
  idempotent: true,
})
export const deleteHold = defineOperation({
  id: 'delete-hold',
  service: 'booking',
  method: 'DELETE',
  path: '/v1/holds/{id}',
  summary: 'Let a hold go',
  access: 'user',
  params: IdParamsSchema,
  responses: { 204: null },
})
