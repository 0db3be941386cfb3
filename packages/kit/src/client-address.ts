import type { FastifyRequest } from 'fastify'
import type { Authenticator } from './authenticator.ts'
import type { RequestContext } from './context.ts'

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

/** The same of a request under way; null where a service asks, for its own address says nothing of a person. */
export async function readClientAddress(ctx: RequestContext): Promise<string | null> {
  const { request } = ctx.raw
  if (ctx.caller !== undefined) return null
  return (await resolveClientAddress(request.server.alcove.authenticator, request)) || null
}
