import Type from 'typebox'
import { IdSchema, InstantSchema, nullable } from '../primitives.ts'
import { defineEvent } from './event.ts'

export const RoleSchema = Type.Enum(['member', 'team-admin', 'operator', 'admin'])
const userId = '01890000-0000-7000-8000-000000000001'
const at = '2026-01-05T09:00:00Z'
const account = { userId: IdSchema, version: Type.Integer({ minimum: 1 }) }
const state = { ...account, roles: Type.Array(RoleSchema), status: Type.Enum(['unverified', 'active', 'deactivated']) }

export const accountRegistered = defineEvent({
  topic: 'account',
  type: 'account.registered.v1',
  data: Type.Object(state),
  example: { userId, version: 1, roles: ['member'], status: 'unverified' },
})
export const accountVerified = defineEvent({
  topic: 'account',
  type: 'account.verified.v1',
  data: Type.Object(state),
  example: { userId, version: 2, roles: ['member'], status: 'active' },
})
export const accountRolesChanged = defineEvent({
  topic: 'account',
  type: 'account.roles-changed.v1',
  data: Type.Object(state),
  example: { userId, version: 3, roles: ['member', 'operator'], status: 'active' },
})
/** `sessionId` null: every session of the person ended. `revokedAt` is real time, as token times are. */
export const accountSessionRevoked = defineEvent({
  topic: 'account',
  type: 'account.session-revoked.v1',
  data: Type.Object({ ...account, sessionId: nullable(IdSchema), revokedAt: InstantSchema }),
  example: { userId, version: 4, sessionId: '01890000-0000-7000-8000-000000000002', revokedAt: at },
})
export const accountDeactivated = defineEvent({
  topic: 'account',
  type: 'account.deactivated.v1',
  data: Type.Object(state),
  example: { userId, version: 5, roles: ['member'], status: 'deactivated' },
})
/** What `deactivated` did is undone, but for what it cancelled. `reactivatedAt` is real time, as token times are: sessions begun from then on are good. */
export const accountReactivated = defineEvent({
  topic: 'account',
  type: 'account.reactivated.v1',
  data: Type.Object({ ...state, reactivatedAt: InstantSchema }),
  example: { userId, version: 6, roles: ['member'], status: 'active', reactivatedAt: at },
})
/** `how`: by somebody who knew the former one, or with a mailed token. */
export const accountPasswordChanged = defineEvent({
  topic: 'account',
  type: 'account.password-changed.v1',
  data: Type.Object({ ...account, how: Type.Enum(['changed', 'reset']) }),
  example: { userId, version: 7, how: 'changed' },
})
/** A sign-in with a kind of program that the person had not signed in with before; never for the first one. */
export const accountDeviceAdded = defineEvent({
  topic: 'account',
  type: 'account.device-added.v1',
  data: Type.Object({ ...account, sessionId: IdSchema, signedInAt: InstantSchema }),
  example: { userId, version: 8, sessionId: '01890000-0000-7000-8000-000000000002', signedInAt: at },
})
const oneTime = Type.Object({ ...account, oneTimeTokenId: IdSchema, expiresAt: InstantSchema })
const oneTimeExample = { userId, version: 6, oneTimeTokenId: '01890000-0000-7000-8000-000000000003', expiresAt: at }
export const accountVerificationRequested = defineEvent({ topic: 'account', type: 'account.verification-requested.v1', data: oneTime, example: oneTimeExample })
export const accountPasswordResetRequested = defineEvent({
  topic: 'account',
  type: 'account.password-reset-requested.v1',
  data: oneTime,
  example: oneTimeExample,
})
