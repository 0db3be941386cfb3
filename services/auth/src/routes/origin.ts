import { resolveClientAddress, type RequestContext } from '@alcove/kit'
import type { Origin } from '../domain/ports.ts'

/** Where a request came from, as use cases take it. */
export async function toOrigin(ctx: RequestContext): Promise<Origin> {
  const { request } = ctx.raw
  return {
    // A service that asks on somebody's behalf is not where that person is.
    address: ctx.caller === undefined ? await resolveClientAddress(request) : '',
    userAgent: request.headers['user-agent']?.slice(0, 256) ?? null,
    requestId: ctx.requestId,
    traceparent: ctx.traceparent,
  }
}

/** Answers that hold a token are kept by no cache (RFC 6749, 5.1). */
export const noStore = { 'cache-control': 'no-store' }
