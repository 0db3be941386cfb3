import type { FastifyRequest } from 'fastify'
import type { RequestContext } from './context.ts'
import { verifyCaller } from './service-caller.ts'

/**
 * The client's network address. `X-Forwarded-For` counts only beside the gateway's service token: anybody else could
 * write a new address for every guess. Its last entry is the one the gateway itself saw.
 */
export async function resolveClientAddress(request: FastifyRequest): Promise<string> {
  const forwarded = request.headers['x-forwarded-for']
  const direct = request.socket.remoteAddress ?? ''
  if (!forwarded || request.headers['x-service-authorization'] === undefined) return direct
  const caller = await verifyCaller(request).catch(() => undefined)
  if (caller !== 'gateway') return direct
  const entries = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',')
  return entries.at(-1)?.trim().slice(0, 64) || direct
}

/** The same of a request under way; null where a service asks, for its own address says nothing of a person. */
export async function readClientAddress(ctx: RequestContext): Promise<string | null> {
  if (ctx.caller !== undefined) return null
  return (await resolveClientAddress(ctx.raw.request)) || null
}
