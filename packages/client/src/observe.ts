import type { ServiceName } from '@alcove/contracts'
import type { Tracing } from '@alcove/kit'
import { outcomeOf, type ClientMetrics } from './metrics.ts'

export interface Observers {
  metrics: ClientMetrics
  tracing?: Tracing
}

export interface ObservedTry {
  callee: ServiceName
  /** The path with its parameters' names in place of values. */
  template: string
  traceparent: string | undefined
  /** How many tries came before this one. */
  resends: number
}

/**
 * Measures and, where traces are recorded, records one try of a call; `work` gets the `traceparent` to send, or none where the instrumentation of
 * undici sends its own. What is not sent (an open breaker) has no span.
 */
export async function observeTry<A extends { status: number }>(
  { metrics, tracing }: Observers,
  { callee, template, resends, traceparent }: ObservedTry,
  work: (traceparent: string | undefined) => Promise<A>,
): Promise<A> {
  const startedAt = performance.now()
  let outcome: string
  try {
    const answer = await (tracing ? tracing.within(traceparent, () => work(undefined), { callee, template, resends }) : work(traceparent))
    outcome = outcomeOf(answer.status)
    return answer
  } catch (error) {
    outcome = outcomeOf(error)
    throw error
  } finally {
    metrics.observe(callee, outcome!, (performance.now() - startedAt) / 1000)
  }
}
