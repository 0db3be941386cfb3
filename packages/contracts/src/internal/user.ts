import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { IdParamsSchema, IdSchema, InstantSchema, nullable, personal } from '../primitives.ts'
import { nameOf } from '../text.ts'

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

/** What the message about an invitation says; 404 once it waits no more. */
export const getTeamInvitation = defineOperation({
  id: 'get-team-invitation',
  service: 'user',
  method: 'GET',
  path: '/internal/team-invitations/{id}',
  summary: 'An invitation that waits',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: Type.Object({ id: IdSchema, teamName: Type.String(), expiresAt: InstantSchema }) },
})

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

/** The members of a postal address as a request gives them. */
export const addressMembers = {
  label: nameOf({ maxLength: 60 }),
  line1: nameOf({ maxLength: 200 }),
  line2: Type.Optional(nameOf({ maxLength: 200 })),
  postalCode: nameOf({ maxLength: 20 }),
  city: nameOf({ maxLength: 100 }),
  countryCode: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }),
}
export const AddressSchema = Type.Object({
  id: IdSchema,
  label: Type.String(),
  line1: Type.String(),
  line2: Type.Optional(Type.String()),
  postalCode: Type.String(),
  city: Type.String(),
  countryCode: Type.String(),
})
export type Address = Static<typeof AddressSchema>

/** user's part of the composed `GET /v1/users/{id}/profile`: the gateway checks self or operator and adds `getAccount` of auth. */
export const PersonProfileSchema = Type.Object({
  id: IdSchema,
  displayName: personal(Type.String()),
  locale: Type.String(),
  timeZone: Type.String(),
  planId: nullable(IdSchema),
  teams: Type.Array(Type.Object({ id: IdSchema, name: Type.String(), role: Type.Enum(['member', 'team-admin']) })),
  addresses: personal(Type.Array(AddressSchema)),
})
export type PersonProfile = Static<typeof PersonProfileSchema>

export const getPersonProfile = defineOperation({
  id: 'get-person-profile',
  service: 'user',
  method: 'GET',
  path: '/internal/people/{id}/profile',
  summary: 'A person’s profile and addresses',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: PersonProfileSchema },
})
