import type { FastifyRequest } from 'fastify'
import { isTraceparent, newTraceparent } from './ids.ts'

/** Values of span attributes; never a token, address, name or free text: what is recorded leaves the installation's own databases. */
export type SpanAttributes = Record<string, string | number | boolean>

/** What a span says from its start. */
export interface SpanSubject {
  /** Of few different values: an operation and a topic. */
  name: string
  kind: 'producer' | 'consumer'
  attributes: SpanAttributes
}

/** What a span belongs to. */
export interface SpanStart {
  /** The `traceparent` of what this is part of; a new trace begins without one. */
  parent?: string | null
  /** `traceparent`s of what this has to do with, without being part of it. */
  links?: readonly string[]
}

/** A piece of work that is being recorded. */
export interface Span {
  /** What the work hands on: to an event in the outbox, to whatever is done within it. */
  readonly traceparent: string
  /** Called once. `attributes`: what is known at the end. `error`: it failed, and this is its `error.type`, of few different values. */
  end(outcome?: { attributes?: SpanAttributes; error?: string }): void
}

/** A call of another service, for the span of its HTTP request: what the request's own URL must not say. */
export interface TracedCall {
  callee: string
  /** The path with its parameters' names in place of values. */
  template: string
  /** How many tries came before this one. */
  resends: number
}

/**
 * Records spans of our own through OpenTelemetry, whose instrumentations record requests, calls and SQL statements. Present only where
 * OTEL_EXPORTER_OTLP_ENDPOINT is configured; without it `traceparent` is still passed on and logged.
 */
export interface Tracing {
  start(subject: SpanSubject, start?: SpanStart): Span
  /**
   * Runs work as part of the trace of a `traceparent`: HTTP requests and statements in it are recorded as its children, also what they wait for.
   * Without one they are part of nothing and not recorded. `call` describes the HTTP request that the work makes.
   */
  within<T>(traceparent: string | undefined, work: () => T, call?: TracedCall): T
  /** Sends what is recorded and not yet sent. */
  stop(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Made on first use by {@link traceparentOf}. */
    traceparent: string
  }
}

/** The W3C `traceparent` under which a request is carried out: its span's, the one it brought, or a new one. */
export function traceparentOf(request: FastifyRequest): string {
  if (request.traceparent === '') {
    const { traceparent } = request.headers
    request.traceparent = isTraceparent(traceparent) ? traceparent : newTraceparent()
  }
  return request.traceparent
}

/** The 32 hexadecimal digits that logs call `trace_id`, as OpenTelemetry does. */
export function traceIdOf(request: FastifyRequest): string {
  return traceparentOf(request).slice(3, 35)
}
