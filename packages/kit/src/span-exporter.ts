import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { TracingConfig } from './tracing-config.ts'

/** The exporter of one protocol, without what spans must not say. Only its own code is loaded. */
export async function createExporter(protocol: TracingConfig['OTEL_EXPORTER_OTLP_PROTOCOL']): Promise<SpanExporter> {
  const exporter = await loadExporter(protocol)
  return {
    export: (spans, done) => exporter.export(spans.map(withoutMessages), done),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  }
}

async function loadExporter(protocol: TracingConfig['OTEL_EXPORTER_OTLP_PROTOCOL']): Promise<SpanExporter> {
  if (protocol === 'grpc') return new (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter()
  if (protocol === 'http/json') return new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter()
  return new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter()
}

/**
 * Messages of errors may quote what a person wrote (`invalid input syntax for type uuid: "…"`): of an error a span says its type and no more.
 * An answer below 500 is no failure of the server that gave it (semantic conventions for HTTP), though the library's error hook says so.
 */
function withoutMessages(span: ReadableSpan): ReadableSpan {
  const status = span.attributes['http.response.status_code']
  const isRefusal = span.kind === SpanKind.SERVER && typeof status === 'number' && status < 500 && span.attributes['error.type'] === undefined
  return Object.create(span, {
    status: { value: { code: isRefusal ? SpanStatusCode.UNSET : span.status.code } },
    events: { value: span.events.filter(({ name }) => name !== 'exception') },
  }) as ReadableSpan
}
