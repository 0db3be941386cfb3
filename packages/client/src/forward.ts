import type { ServiceName } from '@alcove/contracts'
import { markInconclusive } from './breaker.ts'
import type { Callee } from './callee.ts'
import type { ForwardRequest, ServiceClient } from './client.ts'
import { exchange, type AnswerSink } from './exchange.ts'
import { outcomeOf, type ClientMetrics } from './metrics.ts'
import { isTimeout } from './time-budget.ts'

/** Makes `ServiceClient.forward`. Whatever status comes back is the client's business and no failure here. */
export function createForwarder(deps: {
  getCallee(name: ServiceName): Callee
  metrics: ClientMetrics
  readToken(callee: ServiceName): string
}): ServiceClient['forward'] {
  async function send(callee: Callee, request: ForwardRequest, sink: AnswerSink): Promise<number> {
    const { timeoutCounts, ...rest } = request
    const headers = { ...rest.headers, ...authorize(callee.name) }
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
    const startedAt = performance.now()
    let outcome: string | undefined
    try {
      const status = await callee.breaker.run(() => send(callee, request, sink))
      outcome = outcomeOf(status)
      return status
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      deps.metrics.observe(name, outcome!, (performance.now() - startedAt) / 1000)
    }
  }
}
