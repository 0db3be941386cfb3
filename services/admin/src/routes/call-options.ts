import type { CallOptions } from '@alcove/client'
import type { RequestContext } from '@alcove/kit'

/** A call to another service within this request. */
export function toCallOptions({ deadline, signal, requestId, traceparent }: RequestContext): CallOptions {
  return { deadline, signal, requestId, traceparent }
}
