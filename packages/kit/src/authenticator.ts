import type { ServiceName } from '@alcove/contracts'
import { keysFrom, listCallers } from '@alcove/graph'
import { errors as joseErrors, jwtVerify, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import { Counter, type Registry } from 'prom-client'
import { serviceUrl, type BaseConfig } from './config.ts'
import type { Principal, Role } from './context.ts'
import { dependencyUnavailable, forbidden, ProblemError, unauthenticated } from './errors.ts'
import { createRemoteKeySource, KeysUnavailableError, type KeySource } from './jwks.ts'

/** Judges tokens. Both checks answer at once for a token seen before and give a promise otherwise. */
export interface Authenticator {
  /**
   * The person behind `Authorization`.
   * @throws {ProblemError} `unauthenticated` for anything but a good token, `dependency-unavailable` (auth) when that cannot be told
   */
  verifyUser(header: string | undefined): Principal | Promise<Principal>
  /**
   * The service behind `X-Service-Authorization`.
   * @throws {ProblemError} `unauthenticated`; `forbidden` for a genuine service that the graph does not list as a caller; `dependency-unavailable`
   */
  verifyService(header: string | undefined): string | Promise<string>
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
  /** Good tokens remembered until they expire. */
  cacheMax?: number
  metrics?: Registry
}

interface Remembered<T> {
  value: T
  expiresAtMs: number
}

const roles = new Set<string>(['member', 'team-admin', 'operator', 'admin'] satisfies Role[])
const subjectForm = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9-]+)$/
/** Nodes of a cluster differ by moments, and a projected token is used as soon as it is signed. */
const serviceClockToleranceSeconds = 5
const tokenLengthMax = 8192

function readBearer(header: string | undefined): string {
  if (header === undefined || header.length > tokenLengthMax) throw unauthenticated()
  const space = header.indexOf(' ')
  if (space !== 6 || header.slice(0, 6).toLowerCase() !== 'bearer') throw unauthenticated()
  const token = header.slice(7).trim()
  if (token === '') throw unauthenticated()
  return token
}

async function verify(
  token: string,
  keys: KeySource,
  checks: { issuer?: string; audience: string; algorithms: string[]; clockTolerance?: number },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = typeof kid === 'string' ? await keys.find(kid) : undefined
        if (!key) throw new joseErrors.JWKSNoMatchingKey()
        return key
      },
      { ...checks, requiredClaims: ['sub', 'exp', 'iat'] },
    )
    return payload
  } catch (error) {
    if (error instanceof KeysUnavailableError) throw dependencyUnavailable('auth', 2, error)
    throw unauthenticated()
  }
}

function createMemory<T>(max: number, keys: KeySource) {
  const cache = new LRUCache<string, Remembered<T>>({ max })
  keys.onRemoved(() => cache.clear())
  return {
    find(token: string): T | undefined {
      const entry = cache.get(token)
      if (entry === undefined) return undefined
      if (entry.expiresAtMs > Date.now()) return entry.value
      cache.delete(token)
      throw unauthenticated()
    },
    remember(token: string, value: T, payload: JWTPayload): T {
      cache.set(token, { value, expiresAtMs: payload.exp! * 1000 })
      return value
    },
  }
}

/** An authenticator over given key sources; {@link createConfiguredAuthenticator} is the usual one. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { service, userTokenIssuer, serviceTokenIssuer, serviceTokenNamespace, userKeys, serviceKeys, cacheMax = 10_000 } = options
  const callers = new Set(listCallers(service))
  const people = createMemory<Principal>(cacheMax, userKeys)
  const services = createMemory<string>(1000, serviceKeys)

  async function judgeUser(token: string): Promise<Principal> {
    const payload = await verify(token, userKeys, { issuer: userTokenIssuer, audience: 'alcove', algorithms: ['ES256'] })
    const listed = Array.isArray(payload.roles) ? payload.roles.filter((role): role is Role => roles.has(role as string)) : []
    if (typeof payload.sid !== 'string' || typeof payload.sub !== 'string') throw unauthenticated()
    const accountVersion = typeof payload.ver === 'number' ? payload.ver : 0
    return people.remember(token, { userId: payload.sub, roles: listed, sessionId: payload.sid, accountVersion, token }, payload)
  }

  async function judgeService(token: string): Promise<string> {
    // The API server signs with RS256 by default, the development issuer with ES256.
    const payload = await verify(token, serviceKeys, { audience: service, algorithms: ['ES256', 'RS256'], clockTolerance: serviceClockToleranceSeconds })
    // Known for certain only now: the keys that just proved good may have brought it.
    const issuer = serviceTokenIssuer || serviceKeys.issuer?.()
    const [, namespace, caller] = subjectForm.exec(payload.sub!) ?? []
    if (issuer === undefined || payload.iss !== issuer || namespace !== serviceTokenNamespace || !caller) throw unauthenticated()
    return services.remember(token, caller, payload)
  }

  const judged = countJudgements(options.metrics)
  const assertCaller = (caller: string): string => {
    const isDeclared = callers.has(caller)
    judged(caller, isDeclared ? 'accepted' : 'undeclared')
    if (!isDeclared) throw forbidden('This service is not a declared caller.')
    return caller
  }
  const refuse = (error: unknown): never => {
    if (error instanceof ProblemError && error.slug === 'unauthenticated') judged('unknown', 'invalid')
    throw error
  }

  return {
    verifyUser(header) {
      const token = readBearer(header)
      return people.find(token) ?? judgeUser(token)
    },
    verifyService(header) {
      let known: string | Promise<string>
      try {
        const token = readBearer(header)
        known = services.find(token) ?? judgeService(token)
      } catch (error) {
        return refuse(error)
      }
      return typeof known === 'string' ? assertCaller(known) : known.catch(refuse).then(assertCaller)
    },
  }
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
