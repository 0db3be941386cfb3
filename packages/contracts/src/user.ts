import Type, { type Static } from 'typebox'
import { DisplayNameSchema } from './auth.ts'
import { RoleSchema } from './events/account.ts'
import { AddressSchema, addressMembers } from './internal/user.ts'
import { defineOperation } from './operation.ts'
import { closed, EmailSchema, IdParamsSchema, IdSchema, listOf, pageQuery, TimeZoneSchema } from './primitives.ts'

// A path like `/v1/users/me/…` never names a person by id: `me` is the caller.

/** A BCP 47 language tag; whether it is well formed is judged by user (400 on its pointer). */
export const LocaleSchema = Type.String({ minLength: 2, maxLength: 35 })

export const TeamRoleSchema = Type.Enum(['member', 'team-admin'])
export const TeamOfUserSchema = Type.Object({ id: IdSchema, name: Type.String(), role: TeamRoleSchema })

/** What a person sees of themselves, and an operator of anybody. */
export const UserSchema = Type.Object({
  id: IdSchema,
  email: EmailSchema,
  displayName: Type.String(),
  locale: Type.String(),
  timeZone: Type.String(),
  planId: Type.Optional(IdSchema),
  teams: Type.Array(TeamOfUserSchema),
  roles: Type.Array(RoleSchema),
  status: Type.Enum(['unverified', 'active', 'deactivated']),
})
export type User = Static<typeof UserSchema>

/** `id` and `displayName` for everybody, the rest for the person and operators. */
export const VisibleUserSchema = Type.Object({
  id: IdSchema,
  displayName: Type.String(),
  email: Type.Optional(EmailSchema),
  locale: Type.Optional(Type.String()),
  timeZone: Type.Optional(Type.String()),
  planId: Type.Optional(IdSchema),
  teams: Type.Optional(Type.Array(TeamOfUserSchema)),
  roles: Type.Optional(Type.Array(RoleSchema)),
  status: Type.Optional(Type.Enum(['unverified', 'active', 'deactivated'])),
})

/**
 * The body of `GET /v1/users/{id}/profile` (self or operator, else 404). The route is the gateway's: it composes
 * `getPersonProfile` of user (name, preferences, teams, addresses) and `getAccount` of auth (e-mail, roles, status).
 */
export const UserProfileSchema = Type.Object({ ...UserSchema.properties, addresses: Type.Array(AddressSchema) })
export type UserProfile = Static<typeof UserProfileSchema>

const TeamNameSchema = DisplayNameSchema
const TeamMemberSchema = Type.Object({ userId: IdSchema, displayName: Type.String(), role: TeamRoleSchema })
export const TeamSchema = Type.Object({ id: IdSchema, name: Type.String(), members: Type.Array(TeamMemberSchema) })
export type Team = Static<typeof TeamSchema>

const user = { service: 'user' } as const

export const getMe = defineOperation({
  ...user,
  id: 'get-me',
  method: 'GET',
  path: '/v1/users/me',
  summary: 'The caller',
  access: 'user',
  responses: { 200: UserSchema },
})

/** Members left out stay as they are. */
export const updateMe = defineOperation({
  ...user,
  id: 'update-me',
  method: 'PATCH',
  path: '/v1/users/me',
  summary: 'Change the caller’s profile',
  access: 'user',
  body: closed({
    displayName: Type.Optional(DisplayNameSchema),
    locale: Type.Optional(LocaleSchema),
    timeZone: Type.Optional(TimeZoneSchema),
  }),
  responses: { 200: UserSchema },
})

export const listAddresses = defineOperation({
  ...user,
  id: 'list-addresses',
  method: 'GET',
  path: '/v1/users/me/addresses',
  summary: 'The caller’s addresses',
  access: 'user',
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(AddressSchema) },
})

/** At most 20 a person: one more answers 409 `illegal-transition`. */
export const createAddress = defineOperation({
  ...user,
  id: 'create-address',
  method: 'POST',
  path: '/v1/users/me/addresses',
  summary: 'Add an address',
  access: 'user',
  body: closed({ ...addressMembers }),
  responses: { 201: AddressSchema },
  problems: ['illegal-transition', 'idempotency-in-progress', 'idempotency-key-reused'],
  idempotent: true,
})

export const getAddress = defineOperation({
  ...user,
  id: 'get-address',
  method: 'GET',
  path: '/v1/users/me/addresses/{id}',
  summary: 'One of the caller’s addresses',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: AddressSchema },
})

export const deleteAddress = defineOperation({
  ...user,
  id: 'delete-address',
  method: 'DELETE',
  path: '/v1/users/me/addresses/{id}',
  summary: 'Remove one of the caller’s addresses',
  access: 'user',
  params: IdParamsSchema,
  responses: { 204: null },
})

/** `query`: a part of the name or the e-mail address, in any case. */
export const listUsers = defineOperation({
  ...user,
  id: 'list-users',
  method: 'GET',
  path: '/v1/users',
  summary: 'People',
  access: 'operator',
  query: closed({ query: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })), ...pageQuery }),
  responses: { 200: listOf(UserSchema) },
})

export const getUser = defineOperation({
  ...user,
  id: 'get-user',
  method: 'GET',
  path: '/v1/users/{id}',
  summary: 'A person',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: VisibleUserSchema },
})

/** Ends every session and cancels coming bookings (through `account.deactivated`); repeating it changes nothing. */
export const deactivateUser = defineOperation({
  ...user,
  id: 'deactivate-user',
  method: 'POST',
  path: '/v1/users/{id}/deactivate',
  summary: 'Deactivate a person',
  access: 'admin',
  params: IdParamsSchema,
  responses: { 200: UserSchema },
  problems: ['illegal-transition'],
})

/** Lets a deactivated person log in and book again. Cancelled bookings and ended sessions stay so. Repeating it changes nothing. */
export const reactivateUser = defineOperation({
  ...user,
  id: 'reactivate-user',
  method: 'POST',
  path: '/v1/users/{id}/reactivate',
  summary: 'Reactivate a person',
  access: 'admin',
  params: IdParamsSchema,
  responses: { 200: UserSchema },
})

export const listTeams = defineOperation({
  ...user,
  id: 'list-teams',
  method: 'GET',
  path: '/v1/teams',
  summary: 'The caller’s teams; for operators all',
  access: 'user',
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(TeamSchema) },
})

/** The creator is its first team-admin. At most 100 teams a person: one more answers 409 `illegal-transition`. */
export const createTeam = defineOperation({
  ...user,
  id: 'create-team',
  method: 'POST',
  path: '/v1/teams',
  summary: 'Make a team',
  access: 'user',
  body: closed({ name: TeamNameSchema }),
  responses: { 201: TeamSchema },
  problems: ['illegal-transition', 'idempotency-in-progress', 'idempotency-key-reused'],
  idempotent: true,
})

export const getTeam = defineOperation({
  ...user,
  id: 'get-team',
  method: 'GET',
  path: '/v1/teams/{id}',
  summary: 'A team',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: TeamSchema },
})

export const updateTeam = defineOperation({
  ...user,
  id: 'update-team',
  method: 'PATCH',
  path: '/v1/teams/{id}',
  summary: 'Rename a team',
  access: 'user',
  params: IdParamsSchema,
  body: closed({ name: Type.Optional(TeamNameSchema) }),
  responses: { 200: TeamSchema },
})

/** A member with another role gets this one (200); with the same role: 409 `already-exists`. The last team-admin keeps the role: 409 `illegal-transition`. */
export const addTeamMember = defineOperation({
  ...user,
  id: 'add-team-member',
  method: 'POST',
  path: '/v1/teams/{id}/members',
  summary: 'Add a member to a team',
  access: 'user',
  params: IdParamsSchema,
  body: closed({ userId: IdSchema, role: TeamRoleSchema }),
  responses: { 200: TeamMemberSchema, 201: TeamMemberSchema },
  problems: ['already-exists', 'illegal-transition', 'idempotency-in-progress', 'idempotency-key-reused'],
  idempotent: true,
})

/** The last team-admin cannot leave: 409 `illegal-transition`. */
export const removeTeamMember = defineOperation({
  ...user,
  id: 'remove-team-member',
  method: 'DELETE',
  path: '/v1/teams/{id}/members/{userId}',
  summary: 'Remove a member from a team, or leave it',
  access: 'user',
  params: closed({ id: IdSchema, userId: IdSchema }),
  responses: { 204: null },
  problems: ['illegal-transition'],
})
