import type { ServiceName } from '@alcove/contracts'
import { keysFrom, listCallers } from '@alcove/graph'
import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import { serviceUrl, type BaseConfig } from './config.ts'
import type { Principal, Role } from './context.ts'
import { dependencyUnavailable, forbidden, ProblemError, unauthenticated } from './errors.ts'
import { createRemoteKeySource, KeysUnavailableError, type KeySource } from './jwks.ts'

/** Judges the tokens of requests. */
export interface Authenticator {
  /** Registers `@fastify/jwt` for both kinds of tokens; `createApp` calls it. */
  addTo(app: FastifyInstance): void
  /**
   * The person behind `Authorization`.
   * @throws {ProblemError} `unauthenticated` for anything but a good token, `dependency-unavailable` (auth) when that cannot be told
   */
  verifyUser(request: FastifyRequest): Promise<Principal>
  /**
   * The service behind `X-Service-Authorization`.
   * @throws {ProblemError} `unauthenticated`; `forbidden` for a genuine service that the graph does not list as a caller; `dependency-unavailable`
   */
  verifyService(request: FastifyRequest): Promise<string>
  /** The same with one more condition for people, asked for every request; it throws a {@link ProblemError} where it does not hold. */
  withCondition(assertHolds: (principal: Principal) => void): Authenticator
}

export interface AuthenticatorOptions {
  /** The verifying service: the audience of service tokens, and whose callers the graph lists. */
  service: ServiceName
  userTokenIssuer: string
  /** Empty: the issuer that `serviceKeys` says. */
  serviceTokenIssuer: string
  /** Kubernetes namespace of all services. */
  serviceTokenNamespace: string
  userKeys: KeySource
  serviceKeys: KeySource
  metrics?: Registry
  /** See {@link Authenticator.withCondition}. */
  assertHolds?: (principal: Principal) => void
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    namespaces: 'people' | 'services'
    payload: object
    user: Principal | string
  }
}
declare module 'fastify' {
  interface FastifyRequest {
    verifyPerson: () => Promise<Principal>
    verifyServiceAccount: () => Promise<string>
  }
}

type Claims = Readonly<Record<string, unknown>>

const roles = new Set<string>(['member', 'team-admin', 'operator', 'admin'] satisfies Role[])
const subjectForm = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9-]+)$/
/** Nodes of a cluster differ by moments, and a projected token is used as soon as it is signed. */
const serviceClockToleranceMs = 5000
const tokenLengthMax = 8192
/** Good tokens remembered for each key until they expire. */
const rememberedMax = { people: 10_000, services: 1000 }

function readBearer(header: string | string[] | undefined): string {
  if (typeof header !== 'string' || header.length > tokenLengthMax) throw unauthenticated()
  const space = header.indexOf(' ')
  if (space !== 6 || header.slice(0, 6).toLowerCase() !== 'bearer') throw unauthenticated()
  const token = header.slice(7).trim()
  if (token === '') throw unauthenticated()
  return token
}

/** What `@fastify/jwt` asks for the key of a token: the library keeps a verifier with a memory of its own for each key. */
function findKeyIn(keys: KeySource) {
  return async (_request: FastifyRequest, token: { header: { kid?: string; alg?: unknown } } | object): Promise<string> => {
    const { kid, alg } = 'header' in token ? token.header : {}
    const key = typeof kid === 'string' ? await keys.find(kid) : undefined
    if (key?.algorithm !== alg || key === undefined) throw unauthenticated()
    return key.pem
  }
}

function toPrincipal(claims: Claims): Omit<Principal, 'token'> {
  const { sub, sid, ver, roles: listed } = claims as { sub: string; sid: string; ver?: unknown; roles?: unknown }
  const known = Array.isArray(listed) ? listed.filter((role): role is Role => roles.has(role as string)) : []
  return { userId: sub, roles: known, sessionId: sid, accountVersion: typeof ver === 'number' ? ver : 0 }
}

/** The library's errors say what is wrong with a token, which is nobody's business; errors of ours stay. */
function toRefusal(error: unknown): unknown {
  if (error instanceof KeysUnavailableError) return dependencyUnavailable('auth', 2, error)
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^(FST|FAST)_JWT_/.test(code) ? unauthenticated() : error
}

/** An authenticator over given key sources; {@link createConfiguredAuthenticator} is the usual one. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { service, userTokenIssuer, userKeys, serviceKeys, assertHolds } = options
  const callers = new Set(listCallers(service))
  const judged = countJudgements(options.metrics)
  const required = ['sub', 'exp', 'iat']

  return {
    addTo(app) {
      app.register(jwt, {
        namespace: 'people',
        jwtVerify: 'verifyPerson',
        decoratorName: 'person',
        secret: findKeyIn(userKeys),
        decode: { complete: true },
        verify: {
          extractToken: ({ headers }) => readBearer(headers.authorization),
          algorithms: ['ES256'],
          allowedIss: userTokenIssuer,
          allowedAud: 'alcove',
          requiredClaims: [...required, 'iss', 'aud', 'sid'],
          cache: rememberedMax.people,
        },
        trusted: async (_request, { sub, sid }) => typeof sub === 'string' && typeof sid === 'string',
        formatUser: (claims) => toPrincipal(claims as Claims) as Principal,
      })
      app.register(jwt, {
        namespace: 'services',
        jwtVerify: 'verifyServiceAccount',
        decoratorName: 'serviceAccount',
        secret: findKeyIn(serviceKeys),
        decode: { complete: true },
        verify: {
          extractToken: ({ headers }) => readBearer(headers['x-service-authorization']),
          // The API server signs with RS256 by default, the development issuer with ES256.
          algorithms: ['ES256', 'RS256'],
          allowedAud: service,
          requiredClaims: [...required, 'aud'],
          clockTolerance: serviceClockToleranceMs,
          cache: rememberedMax.services,
        },
        trusted: async (_request, claims) => isOfOurNamespace(options, claims),
        formatUser: (claims) => subjectForm.exec((claims as { sub: string }).sub)![2]!,
      })
    },
    async verifyUser(request) {
      try {
        const token = readBearer(request.headers.authorization)
        const principal = { ...(await request.verifyPerson()), token }
        assertHolds?.(principal)
        return principal
      } catch (error) {
        throw toRefusal(error)
      }
    },
    async verifyService(request) {
      const caller = await request.verifyServiceAccount().catch((error: unknown) => {
        const refusal = toRefusal(error)
        if (refusal instanceof ProblemError && refusal.slug === 'unauthenticated') judged('unknown', 'invalid')
        throw refusal
      })
      const isDeclared = callers.has(caller)
      judged(caller, isDeclared ? 'accepted' : 'undeclared')
      if (!isDeclared) throw forbidden('This service is not a declared caller.')
      return caller
    },
    withCondition: (condition) => createAuthenticator({ ...options, assertHolds: condition }),
  }
}

/** The issuer is known for certain only now: the keys that just proved good may have brought it. */
function isOfOurNamespace(options: AuthenticatorOptions, { iss, sub }: Claims): boolean {
  const issuer = options.serviceTokenIssuer || options.serviceKeys.issuer?.()
  const [, namespace] = (typeof sub === 'string' && subjectForm.exec(sub)) || []
  return issuer !== undefined && iss === issuer && namespace === options.serviceTokenNamespace
}

/** Who presents service tokens here: the graph's edges as the callee sees them, and tokens that open nothing. */
function countJudgements(registry: Registry | undefined): (caller: string, judgement: 'accepted' | 'undeclared' | 'invalid') => void {
  if (!registry) return () => undefined
  const name = 'alcove_service_tokens_total'
  const help = 'Service tokens presented, by caller and judgement: accepted, undeclared (not a caller in the graph), invalid'
  // auth makes an authenticator of its own beside the configured one.
  const existing = registry.getSingleMetric(name) as Counter<'caller' | 'judgement'> | undefined
  const counter = existing ?? new Counter({ name, help, labelNames: ['caller', 'judgement'], registers: [registry] })
  return (caller, judgement) => counter.inc({ caller, judgement })
}

/** The authenticator a service's configuration describes. */
export function createConfiguredAuthenticator(service: ServiceName, config: BaseConfig, metrics?: Registry): Authenticator {
  const auth = serviceUrl(config, keysFrom as ServiceName)
  return createAuthenticator({
    service,
    userTokenIssuer: config.USER_TOKEN_ISSUER,
    serviceTokenIssuer: config.SERVICE_TOKEN_ISSUER,
    serviceTokenNamespace: config.SERVICE_TOKEN_NAMESPACE,
    userKeys: createRemoteKeySource({ url: `${auth}/.well-known/jwks.json` }),
    serviceKeys: createRemoteKeySource({ url: config.SERVICE_JWKS_URL || `${auth}/.well-known/service-jwks.json` }),
    metrics,
  })
}
