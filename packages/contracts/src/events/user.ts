import Type from 'typebox'
import { IdSchema, InstantSchema, nullable } from '../primitives.ts'
import { defineEvent } from './event.ts'

const userId = '01890000-0000-7000-8000-000000000001'

/** Public preferences only: the name is asked of the owner at the moment of use. */
export const userProfileUpdated = defineEvent({
  topic: 'user',
  type: 'user.profile-updated.v1',
  data: Type.Object({
    userId: IdSchema,
    version: Type.Integer({ minimum: 1 }),
    locale: Type.String(),
    timeZone: Type.String(),
    planId: nullable(IdSchema),
    status: Type.Enum(['active', 'deactivated']),
  }),
  example: { userId, version: 1, locale: 'en', timeZone: 'Europe/London', planId: null, status: 'active' },
})
/** Somebody who has an account was asked to join; the team's name is asked of user at the moment of use. */
export const userTeamInvited = defineEvent({
  topic: 'user',
  type: 'user.team-invited.v1',
  data: Type.Object({
    invitationId: IdSchema,
    version: Type.Integer({ minimum: 1 }),
    teamId: IdSchema,
    userId: IdSchema,
    role: Type.Enum(['member', 'team-admin']),
    expiresAt: InstantSchema,
  }),
  example: {
    invitationId: '01890000-0000-7000-8000-000000000005',
    version: 1,
    teamId: '01890000-0000-7000-8000-000000000004',
    userId,
    role: 'member',
    expiresAt: '2026-01-19T09:00:00Z',
  },
})
export const userTeamChanged = defineEvent({
  topic: 'user',
  type: 'user.team-changed.v1',
  data: Type.Object({
    teamId: IdSchema,
    version: Type.Integer({ minimum: 1 }),
    members: Type.Array(Type.Object({ userId: IdSchema, role: Type.Enum(['member', 'team-admin']) })),
  }),
  example: { teamId: '01890000-0000-7000-8000-000000000004', version: 1, members: [{ userId, role: 'team-admin' }] },
})
