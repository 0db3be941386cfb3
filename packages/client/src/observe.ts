import type { ServiceName } from '@alcove/contracts'
import { DependencyError, isProbe, type Span, type Tracing } from '@alcove/kit'
import { outcomeOf, type ClientMetrics } from './metrics.ts'

export interface Observers {
  metrics: ClientMetrics
  tracing?: Tracing
}

export interface ObservedTry {
  callee: ServiceName
  method: string
  /** The path with its parameters' names in place of values. */
  template: string
  traceparent: string | undefined
  /** How many tries came before this one. */
  resends: number
}

/** Measures and, where traces are recorded, records one try of a call; `work` gets the `traceparent` to send. */
export async function observeTry<A extends { status: number }>(
  { metrics, tracing }: Observers,
  asked: ObservedTry,
  work: (traceparent: string | undefined) => Promise<A>,
): Promise<A> {
  const span = tracing && startSpan(tracing, asked)
  const startedAt = performance.now()
  let outcome: string
  let status: number | undefined
  try {
    const answer = await work(span?.traceparent ?? asked.traceparent)
    status = answer.status
    outcome = outcomeOf(status)
    return answer
  } catch (error) {
    outcome = outcomeOf(error)
    if (error instanceof DependencyError) status = error.calleeStatus
    throw error
  } finally {
    metrics.observe(asked.callee, outcome!, (performance.now() - startedAt) / 1000)
    // From 400 on it is an error for whoever asked.
    if (status === undefined) span?.end({ error: outcome! })
    else span?.end({ attributes: { 'http.response.status_code': status }, ...(status >= 400 && { error: String(status) }) })
  }
}

/** Semantic conventions for HTTP clients, without the URL: its parameters may be secrets. */
function startSpan(tracing: Tracing, { callee, method, template, traceparent, resends }: ObservedTry): Span | undefined {
  if (isProbe(template, traceparent)) return undefined
  return tracing.start({
    name: `${method} ${template}`,
    kind: 'client',
    parent: traceparent,
    attributes: {
      'http.request.method': method,
      'url.template': template,
      'server.address': callee,
      ...(resends > 0 && { 'http.request.resend_count': resends }),
    },
  })
}
