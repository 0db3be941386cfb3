import Type, { type Static } from 'typebox'
import { RoleSchema } from './events/account.ts'
import { defineOperation } from './operation.ts'
import { closed, EmailSchema, IdParamsSchema, IdSchema, InstantSchema, listOf, nullable, pageQuery } from './primitives.ts'
import { nameOf } from './text.ts'

/** Length alone is asked of a password (NIST SP 800-63B): 8 to 128 characters, any of them. */
export const PasswordSchema = Type.String({ minLength: 8, maxLength: 128 })

/** What a login may send: also passwords no account can have, so that they are answered like any wrong one. */
export const PresentedPasswordSchema = Type.String({ minLength: 1, maxLength: 1024 })

/** A person's name as shown to others: 1 to 100 characters; trimmed when stored. */
export const DisplayNameSchema = nameOf({ maxLength: 100 })

const OpaqueTokenSchema = Type.String({ minLength: 1, maxLength: 512 })

/** `refreshToken` has one successor, which its answer brings; for 20 s it may be presented again and gets the same one. */
export const TokensSchema = Type.Object({
  accessToken: Type.String(),
  tokenType: Type.Literal('Bearer'),
  expiresInSeconds: Type.Integer(),
  refreshToken: Type.String(),
})
export type Tokens = Static<typeof TokensSchema>

export const SessionSchema = Type.Object({
  id: IdSchema,
  current: Type.Boolean({ description: 'the session of the presented token' }),
  userAgent: nullable(Type.String()),
  createdAt: InstantSchema,
  lastUsedAt: InstantSchema,
  expiresAt: InstantSchema,
})

export const RoleDescriptionSchema = Type.Object({ name: RoleSchema, permissions: Type.Array(Type.String()) })
export const AccountRolesSchema = Type.Object({ userId: IdSchema, roles: Type.Array(RoleSchema) })

/** RFC 7517 set: the next, the current and the retired public keys, ES256 only. */
export const JwksSchema = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) })

/** 202 whether or not the address is known; a verification mail follows for an address without a verified account. */
export const register = defineOperation({
  id: 'register',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/register',
  summary: 'Register',
  access: 'public',
  body: closed({ email: EmailSchema, password: PasswordSchema, displayName: DisplayNameSchema }),
  responses: { 202: null },
  problems: ['rate-limited'],
})

/** An unknown, used or overdue token answers 401 `invalid-credentials`. */
export const verifyEmail = defineOperation({
  id: 'verify-email',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/verify-email',
  summary: 'Verify an e-mail address',
  access: 'public',
  body: closed({ token: OpaqueTokenSchema }),
  responses: { 204: null },
  problems: ['invalid-credentials'],
})

export const login = defineOperation({
  id: 'login',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/login',
  summary: 'Log in',
  access: 'public',
  body: closed({ email: EmailSchema, password: PresentedPasswordSchema }),
  responses: { 200: TokensSchema },
  problems: ['invalid-credentials', 'rate-limited'],
})

/**
 * The token just before the newest gets the same successor again for 20 s: two tabs, or an answer that was lost. Any other used token answers 401 `token-reused`
 * and ends its session.
 */
export const refresh = defineOperation({
  id: 'refresh',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/refresh',
  summary: 'Exchange a refresh token',
  access: 'public',
  body: closed({ refreshToken: OpaqueTokenSchema }),
  responses: { 200: TokensSchema },
  problems: ['invalid-credentials', 'token-reused'],
})

export const logout = defineOperation({
  id: 'logout',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/logout',
  summary: 'End the current session',
  access: 'user',
  responses: { 204: null },
})

export const listSessions = defineOperation({
  id: 'list-sessions',
  service: 'auth',
  method: 'GET',
  path: '/v1/auth/sessions',
  summary: 'The caller’s sessions',
  access: 'user',
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(SessionSchema) },
})

export const deleteSession = defineOperation({
  id: 'delete-session',
  service: 'auth',
  method: 'DELETE',
  path: '/v1/auth/sessions/{id}',
  summary: 'End one of the caller’s sessions',
  access: 'user',
  params: IdParamsSchema,
  responses: { 204: null },
})

/** Every session of the person ends; nobody's password changes. Again, or without a session: 204 too. */
export const deleteUserSessions = defineOperation({
  id: 'delete-user-sessions',
  service: 'auth',
  method: 'DELETE',
  path: '/v1/auth/users/{id}/sessions',
  summary: 'End a person’s sessions',
  access: 'admin',
  params: IdParamsSchema,
  responses: { 204: null },
})

/** 202 whether or not the address is known. */
export const forgotPassword = defineOperation({
  id: 'forgot-password',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/password/forgot',
  summary: 'Ask for a password reset mail',
  access: 'public',
  body: closed({ email: EmailSchema }),
  responses: { 202: null },
  problems: ['rate-limited'],
})

/** Every session of the person ends. An unknown, used or overdue token answers 401 `invalid-credentials`. */
export const resetPassword = defineOperation({
  id: 'reset-password',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/password/reset',
  summary: 'Set a new password with a mailed token',
  access: 'public',
  body: closed({ token: OpaqueTokenSchema, password: PasswordSchema }),
  responses: { 204: null },
  problems: ['invalid-credentials'],
})

/** Every other session of the person ends; the one that asked stays. */
export const changePassword = defineOperation({
  id: 'change-password',
  service: 'auth',
  method: 'POST',
  path: '/v1/auth/password/change',
  summary: 'Change the password',
  access: 'user',
  body: closed({ currentPassword: PresentedPasswordSchema, newPassword: PasswordSchema }),
  responses: { 204: null },
  problems: ['invalid-credentials', 'rate-limited'],
})

export const listRoles = defineOperation({
  id: 'list-roles',
  service: 'auth',
  method: 'GET',
  path: '/v1/auth/roles',
  summary: 'Roles and their permissions',
  access: 'admin',
  query: closed({ ...pageQuery }),
  responses: { 200: listOf(RoleDescriptionSchema) },
})

/**
 * Sessions go on: the next refresh brings the new roles. The gateway refuses tokens issued before within 5 s, auth at once. The last admin keeps the role:
 * 409 `illegal-transition`.
 */
export const setRoles = defineOperation({
  id: 'set-roles',
  service: 'auth',
  method: 'PUT',
  path: '/v1/auth/users/{id}/roles',
  summary: 'Set a person’s roles',
  access: 'admin',
  params: IdParamsSchema,
  body: closed({ roles: Type.Array(RoleSchema, { minItems: 1, maxItems: 4, uniqueItems: true }) }),
  responses: { 200: AccountRolesSchema },
  problems: ['illegal-transition'],
})

export const getJwks = defineOperation({
  id: 'get-jwks',
  service: 'auth',
  method: 'GET',
  path: '/.well-known/jwks.json',
  summary: 'Public keys of user tokens',
  access: 'public',
  responses: { 200: JwksSchema },
})

/** `issuer`: the `iss` of tokens signed by these keys, where it is known. A JWK set may hold further members (RFC 7517, 5). */
const ServiceJwksSchema = Type.Object({ issuer: Type.Optional(Type.String()), ...JwksSchema.properties })

/** Not for the edge: services fetch it from auth to verify each other. */
export const getServiceJwks = defineOperation({
  id: 'get-service-jwks',
  service: 'auth',
  method: 'GET',
  path: '/.well-known/service-jwks.json',
  summary: 'Public keys of service tokens, and who signs them',
  access: 'public',
  responses: { 200: ServiceJwksSchema },
})
