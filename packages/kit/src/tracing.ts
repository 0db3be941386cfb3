import type { FastifyReply, FastifyRequest } from 'fastify'
import { isTraceparent, newTraceparent } from './ids.ts'

/** Values of span attributes; never a token, address, name or free text: what is recorded leaves the installation's own databases. */
export type SpanAttributes = Record<string, string | number | boolean>

/** What all spans of one kind of work have in common. Made once and kept, see {@link createSubjects}: it is also encoded only once. */
export interface SpanSubject {
  /** Of few different values: a method and a path template, an operation and a topic. */
  readonly name: string
  readonly kind: 'server' | 'client' | 'producer' | 'consumer'
  /** At least one. */
  readonly attributes: Readonly<SpanAttributes>
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
  /** What the work hands on: to a callee in a header, to an event in the outbox. */
  readonly traceparent: string
  /** Called once. `attributes`: what only this span has. `error`: it failed, and this is its `error.type`, of few different values. */
  end(outcome?: { attributes?: SpanAttributes; error?: string }): void
}

/**
 * Records spans. Present only where OTEL_EXPORTER_OTLP_ENDPOINT is configured; without it `traceparent` is still passed on and logged.
 * The work's own parent is always an argument: nothing follows asynchronous calls around, which would cost every request more than its spans.
 */
export interface Tracing {
  start(subject: SpanSubject, start?: SpanStart): Span
  /** Sends what is recorded and not yet sent. */
  stop(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Made on first use by {@link traceparentOf}. */
    traceparent: string
  }
}

/** Asked every few seconds by machines; a trace of each would be all that one sees. */
const probes: ReadonlySet<string> = new Set(['/health', '/internal/status'])

/** Whether a call is a probe that is part of nothing: it gets no span. */
export function isProbe(path: string, traceparent: unknown): boolean {
  return traceparent === undefined && probes.has(path)
}

/** The W3C `traceparent` under which a request is carried out: its span's, the one it brought, or a new one. */
export function traceparentOf(request: FastifyRequest): string {
  if (request.traceparent === '') {
    const { traceparent } = request.headers
    request.traceparent = isTraceparent(traceparent) ? traceparent : newTraceparent()
  }
  return request.traceparent
}

/** The 32 hexadecimal digits that logs call `traceId`. */
export function traceIdOf(request: FastifyRequest): string {
  return traceparentOf(request).slice(3, 35)
}

/** The subjects that `describe` makes, each made once. Its arguments have few different values together: none is forgotten. */
export function createSubjects<A extends readonly (string | undefined)[]>(describe: (...parts: A) => SpanSubject): (...parts: A) => SpanSubject {
  const known = new Map<string, SpanSubject>()
  return (...parts) => {
    const key = parts.join(' ')
    let subject = known.get(key)
    if (!subject) known.set(key, (subject = describe(...parts)))
    return subject
  }
}

/** Of requests, by method and route; no route: there was none at the address (semantic conventions for HTTP servers). */
export function describeRequest(method: string, route: string | undefined): SpanSubject {
  const attributes = { 'http.request.method': method, 'url.scheme': 'http' }
  return route === undefined
    ? { name: method, kind: 'server', attributes }
    : { name: `${method} ${route}`, kind: 'server', attributes: { ...attributes, 'http.route': route } }
}

export interface RequestTracing extends Tracing {
  subjectOf: (method: string, route: string | undefined) => SpanSubject
}

/** Records a request from here to the end of its answer; neither path nor query, which may hold secrets. */
export function startRequestSpan(tracing: RequestTracing, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.is404 ? undefined : request.routeOptions.url
  const { traceparent } = request.headers
  if (route !== undefined && isProbe(route, traceparent)) return
  const span = tracing.start(tracing.subjectOf(request.method, route), { parent: isTraceparent(traceparent) ? traceparent : null })
  request.traceparent = span.traceparent
  reply.raw.once('close', () => {
    const { statusCode, writableFinished } = reply.raw
    const error = !writableFinished ? 'client-gone' : statusCode >= 500 ? String(statusCode) : undefined
    span.end({ attributes: { 'alcove.request_id': request.id, 'http.response.status_code': statusCode }, error })
  })
}
