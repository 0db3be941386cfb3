import { context, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context, type Span, type SpanContext } from '@opentelemetry/api'
import { isTraceparent } from './ids.ts'

/** Marks a span as failed. */
export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** The W3C form of a span's context. */
export function traceparentOfSpan(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`
}

/** The context that a `traceparent` names: the active one, with all that came along in it, where it is the same. */
export function contextOf(traceparent: string | null | undefined): Context {
  if (!isTraceparent(traceparent)) return ROOT_CONTEXT
  const active = trace.getSpan(context.active())
  return active && traceparentOfSpan(active) === traceparent ? context.active() : trace.setSpanContext(ROOT_CONTEXT, toSpanContext(traceparent))
}

/** Of a well-formed `traceparent`. */
export function toSpanContext(traceparent: string): SpanContext {
  const [, traceId, spanId, flags] = traceparent.split('-') as [string, string, string, string]
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true }
}
