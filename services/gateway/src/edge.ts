import { isDemoRequest, ProblemError, readSource, unauthenticated, type Authenticator, type Principal, type Source } from '@alcove/kit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toCountedRequest, type Limiter, type LimitState, type Window } from './domain/rate-limits.ts'
import type { Revocations } from './domain/revocations.ts'

/** What the edge found out about a request before any route sees it. */
export interface EdgeState {
  principal: Principal | undefined
  /** Why a token that came along was not accepted. */
  refusal: Error | undefined
  source: Source
}

declare module 'fastify' {
  interface FastifyRequest {
    edge: EdgeState | null
  }
}

/** The kit's check plus the revocation list: a session that ended, a person who was deactivated and a token with former roles are refused at once. */
export function withRevocations(inner: Authenticator, revocations: Revocations): Authenticator {
  return inner.withCondition(({ userId, sessionId, accountVersion = 0 }) => {
    if (revocations.isRevoked(userId, sessionId)) throw unauthenticated('This session has ended.')
    if (revocations.hasOldRoles(userId, accountVersion)) {
      throw unauthenticated('The roles of this person have changed since this token was issued. Refresh it.')
    }
  })
}

export interface EdgeOptions {
  authenticator: Authenticator
  /** undefined: no limits. */
  windows: readonly Window[] | undefined
  limiter: Limiter
  trustedProxyHops: number
}

/** Probed by load balancers, several times a second. */
const unlimitedRoutes = new Set<string | undefined>(['/health'])

/** Recognises and counts every client before anything else is done with a request. */
export function addEdge(app: FastifyInstance, options: EdgeOptions): void {
  const { authenticator, windows, limiter, trustedProxyHops } = options
  app.decorateRequest('edge', null)

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const route = request.routeOptions.url
    // The demo's Job makes two weeks of many people's requests at once, from one address.
    if (windows === undefined || unlimitedRoutes.has(route) || isDemoRequest(app.alcove.demoClockSecret, request.headers)) return
    const { principal, source } = request.edge!
    const from = { key: `source ${source.client}`, network: source.network }
    const { client, windows: counted } = toCountedRequest(windows, { method: request.method, route, userId: principal?.userId, source: from })
    const verdict = await limiter.take(client, counted)
    setLimitHeaders(reply, counted, verdict.tightest)
    if (!verdict.allowed) throw rateLimited(verdict.tightest)
  }

  app.addHook('onRequest', async (request, reply) => {
    const edge: EdgeState = { principal: undefined, refusal: undefined, source: findSource(request, trustedProxyHops) }
    request.edge = edge
    if (request.headers.authorization !== undefined) {
      try {
        edge.principal = await authenticator.verifyUser(request)
      } catch (error) {
        edge.refusal = error as Error
      }
    }
    await admit(request, reply)
  })
}

function rateLimited({ window, resetSeconds }: LimitState): ProblemError {
  return new ProblemError('rate-limited', `At most ${window.requests} requests in ${window.windowSeconds} s are allowed here.`, {
    headers: { 'retry-after': String(resetSeconds) },
  })
}

/** draft-ietf-httpapi-ratelimit-headers: every policy, and what is left of the tightest. */
function setLimitHeaders(reply: FastifyReply, windows: readonly Window[], tightest: LimitState): void {
  reply.header('ratelimit-policy', windows.map(({ name, requests, windowSeconds }) => `"${name}";q=${requests};w=${windowSeconds}`).join(', '))
  reply.header('ratelimit', `"${tightest.window.name}";r=${tightest.remaining};t=${tightest.resetSeconds}`)
}

/** Where a request came from: with n trusted proxies, the n-th from the right of what they wrote down. */
function findSource(request: FastifyRequest, trustedProxyHops: number): Source {
  const forwarded = request.headers['x-forwarded-for']
  const hop = trustedProxyHops > 0 && typeof forwarded === 'string' ? forwarded.split(',').at(-trustedProxyHops) : undefined
  return (hop === undefined ? undefined : readSource(hop.trim())) ?? readSource(request.ip) ?? nowhere
}

/** A connection that has no address: it is closed already, or a Unix socket's. */
const nowhere: Source = { address: '', client: 'none', network: 'none' }
