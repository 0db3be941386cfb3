import Type, { type Static } from 'typebox'
import { RoleSchema } from '../events/account.ts'
import { defineOperation } from '../operation.ts'
import { closed, EmailSchema, IdParamsSchema, IdSchema, InstantSchema, nullable, personal } from '../primitives.ts'

/** What auth knows of a person. `displayName` is what was given at registration; user owns the present one. */
export const AccountSchema = Type.Object({
  id: IdSchema,
  email: personal(EmailSchema),
  displayName: personal(Type.String()),
  roles: Type.Array(RoleSchema),
  status: Type.Enum(['unverified', 'active', 'deactivated']),
  createdAt: InstantSchema,
  /** Of the account's newest event: who keeps a copy of the status takes the newer one. Absent: from an older auth. */
  version: Type.Optional(Type.Integer({ minimum: 1 })),
})
export type Account = Static<typeof AccountSchema>

export const getAccount = defineOperation({
  id: 'get-account',
  service: 'auth',
  method: 'GET',
  path: '/internal/accounts/{id}',
  summary: 'A person’s account',
  access: 'service',
  params: IdParamsSchema,
  responses: { 200: AccountSchema },
})
/** By ids (at most 200), or by a part of the e-mail address; unknown ids are left out. Newest first; `beforeId` continues after that account. */
export const lookupAccounts = defineOperation({
  id: 'lookup-accounts',
  service: 'auth',
  method: 'POST',
  path: '/internal/accounts/lookup',
  summary: 'Several accounts',
  access: 'service',
  body: closed({
    ids: Type.Optional(Type.Array(IdSchema, { maxItems: 200 })),
    emailContains: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
    beforeId: Type.Optional(IdSchema),
    // One more than the longest page: it tells whether there is another.
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 201 })),
  }),
  responses: { 200: Type.Object({ items: Type.Array(AccountSchema) }) },
})
/** Ends every session and refuses logins; repeating it changes nothing. Emits `account.deactivated`. The last admin stays: 409 `illegal-transition`. */
export const deactivateAccount = defineOperation({
  id: 'deactivate-account',
  service: 'auth',
  method: 'POST',
  path: '/internal/accounts/{id}/deactivate',
  summary: 'Deactivate an account',
  access: 'service',
  params: IdParamsSchema,
  body: closed({ actorUserId: IdSchema }),
  responses: { 200: AccountSchema },
  problems: ['illegal-transition'],
})
/** Lets a deactivated person in again; what was cancelled stays cancelled. Repeating it changes nothing. Emits `account.reactivated`. */
export const reactivateAccount = defineOperation({
  id: 'reactivate-account',
  service: 'auth',
  method: 'POST',
  path: '/internal/accounts/{id}/reactivate',
  summary: 'Reactivate an account',
  access: 'service',
  params: IdParamsSchema,
  body: closed({ actorUserId: IdSchema }),
  responses: { 200: AccountSchema },
})
/** The link of a verification or reset mail, at the moment of use; 404 when used, overdue or the person is gone. */
export const getOneTimeToken = defineOperation({
  id: 'get-one-time-token',
  service: 'auth',
  method: 'GET',
  path: '/internal/one-time-tokens/{id}',
  summary: 'A one-time token to be mailed',
  access: 'service',
  params: IdParamsSchema,
  responses: {
    200: Type.Object({
      id: IdSchema,
      purpose: Type.Enum(['verify-email', 'reset-password']),
      userId: IdSchema,
      email: personal(EmailSchema),
      displayName: personal(Type.String()),
      token: personal(Type.String()),
      expiresAt: InstantSchema,
    }),
  },
})
/** What was revoked within a token's life (15 min, real time): asked by the gateway before it is ready. */
export const listRevocations = defineOperation({
  id: 'list-revocations',
  service: 'auth',
  method: 'GET',
  path: '/internal/revocations',
  summary: 'Recent revocations',
  access: 'service',
  responses: {
    200: Type.Object({
      items: Type.Array(Type.Object({ userId: IdSchema, sessionId: nullable(IdSchema), revokedAt: InstantSchema })),
      /** People whose roles changed, with the account's version then: tokens of an older version show other roles. Absent: from an older auth. */
      roleChanges: Type.Optional(Type.Array(Type.Object({ userId: IdSchema, version: Type.Integer({ minimum: 1 }) }))),
    }),
  },
})
