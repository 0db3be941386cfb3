import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context, type SpanContext } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { BaseConfig } from './config.ts'
import type { Logger } from './log.ts'
import type { Span, SpanStart, Tracing } from './tracing.ts'

export interface OtlpOptions {
  service: string
  config: BaseConfig
  log: Logger
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const

/**
 * Records spans and sends them to an OTLP/HTTP receiver in batches. This is the only module that knows OpenTelemetry, and it is loaded
 * only when an endpoint is configured: it costs some 17 MB. A receiver that is away costs spans and nothing else.
 */
export function createOtlpTracing({ service, config, log }: OtlpOptions): Tracing {
  logProblems(log)
  const exporter = new OTLPTraceExporter({
    url: `${config.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`,
    headers: readPairs(config.OTEL_EXPORTER_OTLP_HEADERS),
    timeoutMillis: 5000,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      ...readPairs(config.OTEL_RESOURCE_ATTRIBUTES),
      'service.namespace': 'alcove',
      'service.name': service,
      'service.version': config.SERVICE_VERSION,
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
      'process.pid': process.pid,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLER_ARG) }),
    spanLimits: { attributeCountLimit: 32, attributeValueLengthLimit: 256, linkCountLimit: 500 },
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 4096, scheduledDelayMillis: 2000, exportTimeoutMillis: 6000 })],
  })
  const tracer = provider.getTracer('alcove', config.SERVICE_VERSION)
  return {
    start(span) {
      // What was decided not to be recorded costs nothing more: the ids are passed on as they are.
      if (span.parent && !isSampled(span.parent)) return { traceparent: span.parent, end: () => undefined }
      return wrap(tracer.startSpan(span.name, toSpanOptions(span), toContext(span)))
    },
    stop: () => provider.shutdown(),
  }
}

function toSpanOptions({ kind, attributes, links }: SpanStart) {
  return { kind: kinds[kind], attributes, ...(links && { links: links.map((link) => ({ context: toSpanContext(link, true) })) }) }
}

function toContext({ kind, parent }: SpanStart): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, toSpanContext(parent, kind === 'server' || kind === 'consumer')) : ROOT_CONTEXT
}

function toSpanContext(traceparent: string, isRemote: boolean): SpanContext {
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags: parseInt(traceparent.slice(53), 16), isRemote }
}

function isSampled(traceparent: string): boolean {
  return (parseInt(traceparent.slice(53), 16) & TraceFlags.SAMPLED) !== 0
}

function wrap(span: ReturnType<ReturnType<TracerProvider['getTracer']>['startSpan']>): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`,
    end({ attributes, error } = {}) {
      if (attributes) span.setAttributes(attributes)
      if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}

/** `team=rooms,k8s.pod.name=booking-7d9`: names and percent-encoded values, as in the W3C baggage that OpenTelemetry borrows for this. */
function readPairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((pair) => {
      const at = pair.indexOf('=')
      return at > 0 ? [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]] : []
    }),
  )
}

/** The library says for each batch that its receiver is away; once a minute is enough. */
function logProblems(log: Logger): void {
  let quietUntil = 0
  const say = (message: string) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + 60_000
    log.warn({ problem: message.slice(0, 300) }, 'spans could not be sent; this is said once a minute')
  }
  const ignore = () => undefined
  diag.setLogger({ error: say, warn: say, info: ignore, debug: ignore, verbose: ignore }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
