import type { ServiceName } from '@alcove/contracts'
import { markInconclusive } from './breaker.ts'
import type { Callee } from './callee.ts'
import type { ForwardRequest, ServiceClient } from './client.ts'
import { exchange, type AnswerSink } from './exchange.ts'
import { observeTry, type Observers } from './observe.ts'
import { isTimeout } from './time-budget.ts'

/** `traceparent`: none where an instrumentation adds its own. */
type Sent = Omit<ForwardRequest, 'traceparent'> & { traceparent: string | undefined }

/** Makes `ServiceClient.forward`. Whatever status comes back is the client's business and no failure here. */
export function createForwarder(deps: Observers & { getCallee(name: ServiceName): Callee; readToken(callee: ServiceName): string }): ServiceClient['forward'] {
  async function send(callee: Callee, request: Sent, sink: AnswerSink): Promise<number> {
    const { timeoutCounts, template: _template, traceparent, ...rest } = request
    const headers = { ...rest.headers, ...authorize(callee.name), ...(traceparent !== undefined && { traceparent }) }
    return exchange(callee.pool, { ...rest, headers, callee: callee.name, onOver: callee.enter() }, sink).catch((error: unknown) => {
      throw isTimeout(error) && !timeoutCounts ? markInconclusive(error) : error
    })
  }

  /** Tells the callee who forwards, so that it may believe what only the edge knows (auth: the client's address). The person's own token opens the route. */
  function authorize(callee: ServiceName): Record<string, string> {
    try {
      return { 'x-service-authorization': `Bearer ${deps.readToken(callee)}` }
    } catch {
      return {}
    }
  }

  return async (name, request, sink) => {
    const callee = deps.getCallee(name)
    const { template, traceparent } = request
    const { status } = await observeTry(deps, { callee: name, template, traceparent, resends: 0 }, async (own) => ({
      status: await callee.breaker.run(() => send(callee, { ...request, traceparent: own }, sink)),
    }))
    return status
  }
}
