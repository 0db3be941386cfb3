import { readClientAddress, type RequestContext } from '@alcove/kit'
import type { Actor } from '../domain/accounts.ts'

/** Who asks, as the audit log names them. */
export async function toActor(ctx: RequestContext): Promise<Actor> {
  const { principal, requestId, traceparent } = ctx
  return { userId: principal.userId, requestId, traceparent, address: await readClientAddress(ctx) }
}
