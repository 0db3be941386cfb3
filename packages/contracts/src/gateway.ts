import Type, { type Static } from 'typebox'
import { defineOperation } from './operation.ts'
import { closed, IdParamsSchema, InstantSchema, nullable } from './primitives.ts'
import { problems } from './problems.ts'
import { serviceNames } from './services.ts'
import { UserProfileSchema } from './user.ts'

// The gateway's own paths stand here as they are seen from outside: it strips `/api` only from what it passes on.
const gateway = { service: 'gateway', method: 'GET' } as const

export const HealthSchema = Type.Object({ status: Type.Enum(['ok', 'degraded', 'down']) })
const ProbeSchema = Type.Object({ status: Type.Enum(['ok', 'degraded', 'down']), detail: Type.Optional(Type.String()) })
export const DetailedHealthSchema = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'down']),
  services: Type.Array(
    Type.Object({
      name: Type.Enum([...serviceNames]),
      status: Type.Enum(['ok', 'degraded', 'down']),
      /** For operators only. */
      version: Type.Optional(nullable(Type.String())),
      /** Nothing can be booked without it. */
      critical: Type.Boolean(),
      /** Its own database and transport as it sees them; null for what it does not have, and for a service that says nothing. */
      database: nullable(ProbeSchema),
      transport: nullable(ProbeSchema),
      checks: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) })),
    }),
  ),
  /** The services' databases, taken together. */
  database: ProbeSchema,
  /** What carries events. */
  transport: ProbeSchema,
})
export type DetailedHealth = Static<typeof DetailedHealthSchema>

/** One called service as the gateway sees it. `ejected`: silent for so many probes that requests for it are refused at once. */
export const RegisteredServiceSchema = Type.Object({
  name: Type.Enum([...serviceNames]),
  /** For operators only, as is `version`. */
  address: Type.Optional(Type.String()),
  health: Type.Enum(['ok', 'degraded', 'down']),
  version: Type.Optional(nullable(Type.String())),
  healthySince: nullable(InstantSchema),
  lastProbeAt: nullable(InstantSchema),
  /** Nothing can be booked without it. */
  critical: Type.Boolean(),
  ejected: Type.Boolean(),
  breaker: Type.Enum(['closed', 'open', 'half-open']),
})
export type RegisteredService = Static<typeof RegisteredServiceSchema>

export const GatewayStatusSchema = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'down']),
  /** For operators only. */
  version: Type.Optional(Type.String()),
  startedAt: InstantSchema,
  uptimeSeconds: Type.Integer(),
  revocations: Type.Object({ loaded: Type.Boolean(), sessions: Type.Integer(), people: Type.Integer() }),
  rateLimits: Type.Array(Type.Object({ name: Type.String(), requests: Type.Integer(), windowSeconds: Type.Integer() })),
  /** Whether limits and kept answers are common to all replicas: `none` none is configured, `away` each goes on alone. */
  redis: Type.Enum(['none', 'up', 'away']),
  services: Type.Object({ total: Type.Integer(), healthy: Type.Integer(), ejected: Type.Integer() }),
})

/** Alive, on every application port; asks no dependency. */
export const getHealth = defineOperation({
  ...gateway,
  id: 'get-health',
  path: '/health',
  summary: 'Alive',
  access: 'public',
  responses: { 200: Type.Object({ status: Type.Literal('ok'), service: Type.String(), version: Type.String() }) },
})
/** `down`: nothing can be booked, because a service that booking needs is silent or without its database; answers 503. `degraded`: anything else is amiss. */
export const getSystemHealth = defineOperation({
  ...gateway,
  id: 'get-system-health',
  path: '/api/v1/health',
  summary: 'The health of the whole',
  access: 'public',
  responses: { 200: HealthSchema, 503: HealthSchema },
})
export const getDetailedHealth = defineOperation({
  ...gateway,
  id: 'get-detailed-health',
  path: '/api/v1/health/detailed',
  summary: 'The health of each service, the databases and the transport',
  access: 'public',
  responses: { 200: DetailedHealthSchema, 503: DetailedHealthSchema },
})
export const showGatewayStatus = defineOperation({
  ...gateway,
  id: 'show-gateway-status',
  path: '/api/v1/gateway/status',
  summary: 'The gateway itself',
  access: 'public',
  responses: { 200: GatewayStatusSchema },
})
export const listGatewayServices = defineOperation({
  ...gateway,
  id: 'list-gateway-services',
  path: '/api/v1/gateway/services',
  summary: 'The registry: address, health, ejection and breaker of each service',
  access: 'public',
  responses: { 200: Type.Object({ items: Type.Array(RegisteredServiceSchema) }) },
})

/** Self or operator, else 404. Composed from user and auth; one of them missing answers 503. */
export const getUserProfile = defineOperation({
  ...gateway,
  id: 'get-user-profile',
  path: '/api/v1/users/{id}/profile',
  summary: 'A person with roles and addresses',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: UserProfileSchema },
})

export const getOpenapi = defineOperation({
  ...gateway,
  id: 'get-openapi',
  path: '/api/openapi.json',
  summary: 'This API as an OpenAPI 3.1 document',
  access: 'public',
  responses: { 200: Type.Record(Type.String(), Type.Unknown()) },
})
export const getAsyncapi = defineOperation({
  ...gateway,
  id: 'get-asyncapi',
  path: '/api/asyncapi.json',
  summary: 'The events as an AsyncAPI 3 document',
  access: 'public',
  responses: { 200: Type.Record(Type.String(), Type.Unknown()) },
})
export const showApiDocs = defineOperation({
  ...gateway,
  id: 'show-api-docs',
  path: '/api/docs',
  summary: 'This API as a page',
  access: 'public',
  // 301: to the address with a slash at its end.
  responses: { 200: Type.String(), 301: null },
  produces: 'text/html; charset=utf-8',
})
export const showProblem = defineOperation({
  ...gateway,
  id: 'show-problem',
  path: '/problems/{slug}',
  summary: 'What a problem means',
  access: 'public',
  params: closed({ slug: Type.String({ minLength: 1, maxLength: 64, description: Object.keys(problems).join(', ') }) }),
  responses: { 200: Type.String() },
  produces: 'text/html; charset=utf-8',
})
/** Whom to tell about a weakness (RFC 9116); 404 where this installation names nobody. */
export const showSecurityTxt = defineOperation({
  ...gateway,
  id: 'show-security-txt',
  path: '/.well-known/security.txt',
  summary: 'Whom to tell about a weakness',
  access: 'public',
  responses: { 200: Type.String() },
  produces: 'text/plain; charset=utf-8',
})
export const showStartPage = defineOperation({
  ...gateway,
  id: 'show-start-page',
  path: '/',
  summary: 'Where to go from here',
  access: 'public',
  responses: { 200: Type.String() },
  produces: 'text/html; charset=utf-8',
})

const mailedTokenQuery = closed({ token: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })) })
/** Where the link of a verification mail leads. Opening it changes nothing (mail programs open links by themselves); its button does. */
export const showVerifyEmailPage = defineOperation({
  ...gateway,
  id: 'show-verify-email-page',
  path: '/verify-email',
  summary: 'Confirm an address, for people',
  access: 'public',
  query: mailedTokenQuery,
  responses: { 200: Type.String() },
  produces: 'text/html; charset=utf-8',
})
/** Where the link of a password reset mail leads. */
export const showResetPasswordPage = defineOperation({
  ...gateway,
  id: 'show-reset-password-page',
  path: '/reset-password',
  summary: 'Choose a new password, for people',
  access: 'public',
  query: mailedTokenQuery,
  responses: { 200: Type.String() },
  produces: 'text/html; charset=utf-8',
})

export const DevClockSchema = Type.Object({ now: InstantSchema, offsetSeconds: Type.Number() })
/** The clock of all services; local profile only, as the two below. */
export const getDevClock = defineOperation({
  ...gateway,
  id: 'get-dev-clock',
  path: '/dev/clock',
  summary: 'The time it is for Alcove',
  access: 'public',
  responses: { 200: DevClockSchema },
})
/** Exactly one member. `advanceSeconds` counts from the time it is for Alcove and may be negative. Answers when every service has the new time. */
export const setDevClock = defineOperation({
  service: 'gateway',
  id: 'set-dev-clock',
  method: 'PUT',
  path: '/dev/clock',
  summary: 'Move the clock of all services',
  access: 'admin',
  body: closed({
    now: Type.Optional(InstantSchema),
    advanceSeconds: Type.Optional(Type.Number({ minimum: -315_360_000, maximum: 315_360_000 })),
  }),
  responses: { 200: DevClockSchema },
})
export const resetDevClock = defineOperation({
  service: 'gateway',
  id: 'reset-dev-clock',
  method: 'DELETE',
  path: '/dev/clock',
  summary: 'Return to real time',
  access: 'admin',
  responses: { 204: null },
})
