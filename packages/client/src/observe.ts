import type { ServiceName } from '@alcove/contracts'
import { createSubjects, DependencyError, isProbe, type Span, type SpanAttributes, type SpanSubject, type Tracing } from '@alcove/kit'
import { outcomeOf, type ClientMetrics } from './metrics.ts'

export interface Observers {
  metrics: ClientMetrics
  tracing?: CallTracing
}

export interface CallTracing extends Tracing {
  subjectOf: (callee: string, method: string, template: string) => SpanSubject
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
    span?.end({ attributes: describeTry(status, asked.resends), error: status === undefined ? outcome! : status >= 400 ? String(status) : undefined })
  }
}

function describeTry(status: number | undefined, resends: number): SpanAttributes {
  const attributes: SpanAttributes = {}
  if (status !== undefined) attributes['http.response.status_code'] = status
  if (resends > 0) attributes['http.request.resend_count'] = resends
  return attributes
}

function startSpan(tracing: CallTracing, { callee, method, template, traceparent }: ObservedTry): Span | undefined {
  if (isProbe(template, traceparent)) return undefined
  return tracing.start(tracing.subjectOf(callee, method, template), { parent: traceparent })
}

/** Semantic conventions for HTTP clients, without the URL: its parameters may be secrets. */
export function createCallTracing(tracing: Tracing): CallTracing {
  const subjectOf = createSubjects((callee: string, method: string, template: string) => ({
    name: `${method} ${template}`,
    kind: 'client' as const,
    attributes: { 'http.request.method': method, 'url.template': template, 'server.address': callee },
  }))
  return { ...tracing, subjectOf }
}
