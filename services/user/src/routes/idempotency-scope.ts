import type { RequestContext } from '@alcove/kit'
import type { IdempotencyScope } from '../domain/ports.ts'

/** The scope of a request's `Idempotency-Key`; undefined without one. */
export function toIdempotencyScope(input: { idempotencyKey?: string; body: unknown }, ctx: RequestContext): IdempotencyScope | undefined {
  if (input.idempotencyKey === undefined) return undefined
  const { method, url } = ctx.raw.request
  return { principalId: ctx.principal.userId, method, path: url.split('?', 1)[0]!, key: input.idempotencyKey, body: input.body }
}
