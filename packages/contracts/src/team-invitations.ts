import Type, { type Static } from 'typebox'
import { defineOperation } from './operation.ts'
import { closed, EmailSchema, IdParamsSchema, IdSchema, InstantSchema, listOf, pageQuery } from './primitives.ts'
import { TeamRoleSchema, TeamSchema } from './user.ts'

/** As a team sees it: `email` as it was written, whether or not anybody has it; `userId` where the person was named by id. */
export const TeamInvitationSchema = Type.Object({
  id: IdSchema,
  teamId: IdSchema,
  userId: Type.Optional(IdSchema),
  email: Type.Optional(Type.String()),
  role: TeamRoleSchema,
  invitedBy: IdSchema,
  createdAt: InstantSchema,
  expiresAt: InstantSchema,
})
export type TeamInvitation = Static<typeof TeamInvitationSchema>

/** As the invited person sees it. */
export const MyInvitationSchema = Type.Object({
  id: IdSchema,
  team: Type.Object({ id: IdSchema, name: Type.String() }),
  role: TeamRoleSchema,
  createdAt: InstantSchema,
  expiresAt: InstantSchema,
})
export type MyInvitation = Static<typeof MyInvitationSchema>

const user = { service: 'user', access: 'user' } as const
const ofTeam = closed({ id: IdSchema, invitationId: IdSchema })

/**
 * Exactly one of `userId` and `email` (400). By address the answer is the same whether or not somebody has it: who does finds it among their
 * own. The same again: 409 `already-exists`. At most 100 of a team wait: 409 `illegal-transition`.
 */
export const inviteTeamMember = defineOperation({
  ...user,
  id: 'invite-team-member',
  method: 'POST',
  path: '/v1/teams/{id}/invitations',
  summary: 'Invite a person to a team',
  params: IdParamsSchema,
  body: closed({ userId: Type.Optional(IdSchema), email: Type.Optional(EmailSchema), role: TeamRoleSchema }),
  responses: { 201: TeamInvitationSchema },
  problems: ['already-exists', 'illegal-transition', 'idempotency-in-progress', 'idempotency-key-reused'],
  idempotent: true,
})

export const listTeamInvitations = defineOperation({
  ...user,
  id: 'list-team-invitations',
  method: 'GET',
  path: '/v1/teams/{id}/invitations',
  summary: 'Invitations of a team that wait',
  params: IdParamsSchema,
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(TeamInvitationSchema) },
})

export const withdrawTeamInvitation = defineOperation({
  ...user,
  id: 'withdraw-team-invitation',
  method: 'DELETE',
  path: '/v1/teams/{id}/invitations/{invitationId}',
  summary: 'Withdraw an invitation',
  params: ofTeam,
  responses: { 204: null },
})

export const listMyInvitations = defineOperation({
  ...user,
  id: 'list-my-invitations',
  method: 'GET',
  path: '/v1/users/me/invitations',
  summary: 'Invitations that wait for the caller',
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(MyInvitationSchema) },
})

/** Who is in the team already keeps the role they have. A full team, or the 101st of the person: 409 `illegal-transition`. */
export const acceptInvitation = defineOperation({
  ...user,
  id: 'accept-invitation',
  method: 'POST',
  path: '/v1/users/me/invitations/{id}/accept',
  summary: 'Join the team that invites',
  params: IdParamsSchema,
  responses: { 200: TeamSchema },
  problems: ['illegal-transition'],
})

export const declineInvitation = defineOperation({
  ...user,
  id: 'decline-invitation',
  method: 'POST',
  path: '/v1/users/me/invitations/{id}/decline',
  summary: 'Decline an invitation',
  params: IdParamsSchema,
  responses: { 204: null },
})
