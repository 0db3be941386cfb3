import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { IdParamsSchema, IdSchema, nullable, personal } from '../primitives.ts'

/** What booking needs to judge a booker, and notification to address one. */
export const PersonSchema = Type.Object({
  id: IdSchema,
  status: Type.Enum(['active', 'deactivated']),
  displayName: personal(Type.String()),
  locale: Type.String(),
  timeZone: Type.String(),
  planId: nullable(IdSchema),
  teams: Type.Array(Type.Object({ id: IdSchema, role: Type.Enum(['member', 'team-admin']) })),
})
export type Person = Static<typeof PersonSchema>

export const getPerson = defineOperation({
  id: 'get-person',
  service: 'user',
  method: 'GET',
  path: '/internal/people/{id}',
  summary: 'A person',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: PersonSchema },
})
