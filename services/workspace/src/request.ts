import { readClientAddress, type Clock, type RequestContext } from '@alcove/kit'
import { malformed } from './errors.ts'
import type { PageRequest } from './domain/reads.ts'
import type { CallContext } from './domain/retirement.ts'
import type { KeyedCommand, WriteContext } from './domain/stores.ts'

/** Who writes, when, and in which request. */
export async function toWrite(ctx: RequestContext, clock: Clock): Promise<WriteContext> {
  const { requestId, traceparent } = ctx
  return { now: clock.now(), actorId: ctx.principal.userId, requestId, traceparent, address: await readClientAddress(ctx) }
}

/** What an outgoing call takes along. */
export function toCall({ deadline, signal, requestId, traceparent }: RequestContext): CallContext {
  return { deadline, signal, requestId, traceparent }
}

/** The request as a repeatable command, if it carries an Idempotency-Key. */
export function toCommand(input: { idempotencyKey?: string; body: unknown }, ctx: RequestContext): KeyedCommand | undefined {
  if (input.idempotencyKey === undefined) return undefined
  const { method, url } = ctx.raw.request
  return { principalId: ctx.principal.userId, method, path: url.split('?', 1)[0]!, key: input.idempotencyKey, body: input.body }
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const limitDefault = 50

/** @throws 400 for a cursor that is none of ours */
export function toPageRequest({ limit = limitDefault, cursor }: { limit?: number; cursor?: string }): PageRequest {
  if (cursor === undefined) return { limit }
  const before = Buffer.from(cursor, 'base64url').toString('latin1')
  if (!idForm.test(before)) throw malformed([{ pointer: '/cursor', code: 'cursor', detail: 'is not a cursor that a list has given' }])
  return { limit, before }
}

/** A list's answer from records of which one more than the limit may have been read. */
export function toPage<R extends { id: string }, T>(
  records: readonly R[],
  { limit }: PageRequest,
  present: (record: R) => T,
): { items: T[]; nextCursor: string | null } {
  const shown = records.slice(0, limit)
  const nextCursor = records.length > limit ? Buffer.from(shown.at(-1)!.id, 'latin1').toString('base64url') : null
  return { items: shown.map(present), nextCursor }
}
