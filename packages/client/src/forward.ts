import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import type { Callee } from './callee.ts'
import type { ForwardRequest, ServiceClient } from './client.ts'
import { exchange, type AnswerSink } from './exchange.ts'
import { observeTry, type Observers } from './observe.ts'
import { toBudgetHeader } from './time-budget.ts'

/** How often a read is sent again. */
const resendsMax = 2
/** Before the first; twice as long before the second. Less than it takes to start a process again, more than a connection that was just closed. */
const backoffMs = 50

interface Attempt {
  request: ForwardRequest
  sink: AnswerSink
  /** How many tries came before this one. */
  resends: number
  timeoutMs: number
}

/** Makes `ServiceClient.forward`. Whatever status comes back is the client's business and no failure here. */
export function createForwarder(deps: Observers & { getCallee(name: ServiceName): Callee; readToken(callee: ServiceName): string }): ServiceClient['forward'] {
  function send(callee: Callee, { request, sink, resends, timeoutMs }: Attempt, traceparent: string | undefined): Promise<number> {
    const { method, path, body, signal } = request
    const headers: ForwardRequest['headers'] = { ...request.headers, ...authorize(callee.name), 'x-request-deadline-ms': toBudgetHeader(timeoutMs) }
    // Absent where an instrumentation adds its own.
    if (traceparent !== undefined) headers.traceparent = traceparent
    // A further try has what the first one left: that is not the callee's own time.
    const timeoutCounts = request.timeoutCounts && resends === 0
    return exchange(callee.pool, { method, path, headers, body, signal, timeoutMs, timeoutCounts, callee: callee.name, onOver: callee.enter() }, sink)
  }

  /** Tells the callee who forwards, so that it may believe what only the edge knows (auth: the client's address). The person's own token opens the route. */
  function authorize(callee: ServiceName): Record<string, string> {
    try {
      return { 'x-service-authorization': `Bearer ${deps.readToken(callee)}` }
    } catch {
      return {}
    }
  }

  async function attempt(callee: Callee, asked: Attempt): Promise<number> {
    const { template, traceparent } = asked.request
    const { status } = await observeTry(deps, { callee: callee.name, template, traceparent, resends: asked.resends }, async (own) => ({
      status: await callee.breaker.run(() => send(callee, asked, own)),
    }))
    return status
  }

  return async (name, request, sink) => {
    const callee = deps.getCallee(name)
    const until = performance.now() + request.timeoutMs
    for (let resends = 0; ; resends += 1) {
      const timeoutMs = until - performance.now()
      try {
        return await attempt(callee, { request, sink, resends, timeoutMs: resends === 0 ? request.timeoutMs : timeoutMs })
      } catch (error) {
        const pauseMs = backoffMs * 2 ** resends * (0.5 + Math.random())
        const isTime = request.signal?.aborted !== true && until - performance.now() > pauseMs
        if (resends === resendsMax || !isWorthResending(request, error) || !isTime || !callee.mayRetry()) throw error
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }
}

/** A read that was not answered changes nothing when it is sent again (RFC 9110, 9.2.2). After a timeout the time is gone. */
function isWorthResending({ method }: ForwardRequest, error: unknown): boolean {
  return (method === 'GET' || method === 'HEAD') && error instanceof DependencyError && (error.reason === 'refused' || error.reason === 'reset')
}
