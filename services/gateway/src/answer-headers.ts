import { assertOwnName } from '@alcove/kit'
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

export interface AnswerHeadersOptions {
  /** Where people reach Alcove; with `https` browsers are told never to come by `http` again. */
  publicBaseUrl: string
  /** Origins whose pages may ask, such as `https://app.example.org`; none: no page of another origin may. */
  corsOrigins: readonly string[]
  /** One machine's own installation: what stands under `/dev/` asks for no token. */
  isLocal: boolean
}

const aYearSeconds = 31_536_000
/** What a page of another origin may read of an answer, beside what every page may. */
const exposedHeaders = ['age', 'etag', 'link', 'location', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-cache', 'x-gateway-service', 'x-request-id']
/** For so long a browser asks no further leave, in seconds. */
const preflightMaxAge = 600

/**
 * What every answer of the edge says to browsers. Answers to whoever comes with a token, and all about signing in, are kept by no cache; the gateway's own memory
 * of them (`kept-answers.ts`) is asked before.
 */
export function addAnswerHeaders(app: FastifyInstance, { publicBaseUrl, corsOrigins, isLocal }: AnswerHeadersOptions): void {
  const isEncrypted = publicBaseUrl.startsWith('https://')
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? ''
    // A service's own name replaces it when that one answers.
    reply.header('x-gateway-service', 'gateway')
    if (isEncrypted) reply.header('strict-transport-security', `max-age=${aYearSeconds}`)
    if (request.headers.authorization !== undefined || route.startsWith('/api/v1/auth/')) reply.header('cache-control', 'no-store')
    if (isLocal && route.startsWith('/dev/')) assertOwnName(request.headers.host, publicBaseUrl)
    done()
  })
  if (corsOrigins.length > 0) {
    app.register(cors, {
      origin: [...corsOrigins],
      credentials: false,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders,
      maxAge: preflightMaxAge,
    })
  }
}

/** `https://one.example.org,https://two.example.org` as a list. */
export const readOrigins = (text: string): string[] => text.split(',').filter((origin) => origin !== '')
