import type { Authenticator, RequestContext } from '@alcove/kit'
import type { FastifyRequest } from 'fastify'
import type { Origin } from '../domain/ports.ts'

/** Where a request came from, as use cases take it. */
export async function toOrigin(authenticator: Pick<Authenticator, 'verifyService'>, ctx: RequestContext): Promise<Origin> {
  const { request } = ctx.raw
  return {
    address: await resolveClientAddress(authenticator, request),
    userAgent: request.headers['user-agent']?.slice(0, 256) ?? null,
    requestId: ctx.requestId,
    traceparent: ctx.traceparent,
  }
}

/**
 * The client's network address. `X-Forwarded-For` counts only beside the gateway's service token: anybody else could
 * write a new address for every guess. Its last entry is the one the gateway itself saw.
 */
export async function resolveClientAddress(authenticator: Pick<Authenticator, 'verifyService'>, request: FastifyRequest): Promise<string> {
  const forwarded = request.headers['x-forwarded-for']
  const serviceToken = request.headers['x-service-authorization']
  const direct = request.socket.remoteAddress ?? ''
  if (!forwarded || typeof serviceToken !== 'string') return direct
  const caller = await Promise.resolve(authenticator.verifyService(serviceToken)).catch(() => undefined)
  if (caller !== 'gateway') return direct
  const entries = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',')
  return entries.at(-1)?.trim().slice(0, 64) || direct
}

/** Answers that hold a token are kept by no cache (RFC 6749, 5.1). */
export const noStore = { 'cache-control': 'no-store' }
