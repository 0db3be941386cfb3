import { createHash } from 'node:crypto'
import { ProblemError, readClientAddress, type RequestContext } from '@alcove/kit'
import type { BookingRecord, By, IdempotencyKey } from '../domain/booking.ts'
import type { CallScope, Metrics } from '../domain/ports.ts'
import { ownsBooking } from '../policies.ts'

/** The same for an act on a booking, which leaves an audit entry when it is somebody else's. */
export async function toByOn(ctx: RequestContext, booking: Pick<BookingRecord, 'userId'>): Promise<By> {
  if (ownsBooking(ctx.principal, booking)) return toBy(ctx)
  return { ...toBy(ctx), audited: { requestId: ctx.requestId, address: await readClientAddress(ctx) } }
}

/** The person of the request, as history and events name them. */
export function toBy(ctx: RequestContext): By {
  return { type: 'user', id: ctx.principal.userId, traceparent: ctx.traceparent }
}

/** Deadline and trace for the calls made on behalf of a request. */
export function toScope(ctx: RequestContext): CallScope {
  return { deadline: ctx.deadline, signal: ctx.signal, requestId: ctx.requestId, traceparent: ctx.traceparent }
}

/** The idempotency key of a POST: scoped to the person, the method and the concrete path. */
export function toKey(ctx: RequestContext, key: string | undefined, request: { path: string; body?: unknown }): IdempotencyKey | undefined {
  if (key === undefined) return undefined
  const bodyHash = createHash('sha256')
    .update(canonical(request.body ?? {}))
    .digest('base64url')
  return { principal: ctx.principal.userId, method: 'POST', path: request.path, key, bodyHash }
}

/** JSON with sorted members: the same body, however its members were ordered. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** Counts why a request for a claim was refused: broken rules one by one, everything else by its slug. */
export async function countRefusals<T>(metrics: Pick<Metrics, 'refused'>, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ProblemError && error.slug === 'rules-broken') for (const { code } of error.errors ?? []) metrics.refused(code)
    else if (error instanceof ProblemError) metrics.refused(error.slug)
    else metrics.refused('unavailable')
    throw error
  }
}
