import type { ServiceName } from '@alcove/contracts'
import { markInconclusive } from './breaker.ts'
import type { Callee } from './callee.ts'
import type { ForwardRequest, ServiceClient } from './client.ts'
import { exchange, type AnswerSink } from './exchange.ts'
import { outcomeOf, type ClientMetrics } from './metrics.ts'
import { isTimeout } from './time-budget.ts'

/** Makes `ServiceClient.forward`. Whatever status comes back is the client's business and no failure here. */
export function createForwarder(deps: { getCallee(name: ServiceName): Callee; metrics: ClientMetrics }): ServiceClient['forward'] {
  async function send(callee: Callee, request: ForwardRequest, sink: AnswerSink): Promise<number> {
    const { timeoutCounts, ...rest } = request
    return exchange(callee.pool, { ...rest, callee: callee.name, onOver: callee.enter() }, sink).catch((error: unknown) => {
      throw isTimeout(error) && !timeoutCounts ? markInconclusive(error) : error
    })
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
