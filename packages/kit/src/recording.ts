import { context, createContextKey, diag, DiagLogLevel, SpanKind, trace, type Link } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { randomUUID } from 'node:crypto'
import type { BaseConfig } from './config.ts'
import { isTraceparent } from './ids.ts'
import type { Logger } from './log.ts'
import { createInstrumentations } from './instrumentations.ts'
import { contextOf, failSpan, toSpanContext, traceparentOfSpan } from './span-context.ts'
import { createExporter } from './span-exporter.ts'
import type { Span, SpanStart, SpanSubject, TracedCall, Tracing } from './tracing.ts'

export interface RecordingOptions {
  service: string
  config: BaseConfig
  log: Logger
}

const kinds = { producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const
/** Under which a context holds the {@link TracedCall} of the request that is about to be sent. */
const callKey = createContextKey('alcove.call')

/**
 * Starts OpenTelemetry's SDK with its standard variables, and the instrumentations of Fastify, undici and pg. Loaded only when an endpoint is
 * configured, for the sake of its memory. A receiver that is away costs spans and nothing else.
 */
export async function startRecording({ service, config, log }: RecordingOptions): Promise<Tracing> {
  configure(config, service)
  logProblems(warnRarely(log))
  const sdk = new NodeSDK({
    traceExporter: await createExporter(config.OTEL_EXPORTER_OTLP_PROTOCOL),
    instrumentations: await createInstrumentations((active) => active.getValue(callKey) as TracedCall | undefined),
  })
  sdk.start()
  const tracer = trace.getTracer('alcove', config.SERVICE_VERSION)
  return {
    start: (subject, start = {}) => startSpan(tracer.startSpan.bind(tracer), subject, start),
    within(traceparent, work, call) {
      const parent = contextOf(traceparent)
      return context.with(call ? parent.setValue(callKey, call) : parent, work)
    },
    stop: () => sdk.shutdown().catch((err: unknown) => log.warn({ err }, 'the last spans could not be sent')),
  }
}

/** The SDK reads the environment by itself; here variables may also come from files, and some have another default. */
function configure(config: BaseConfig, service: string): void {
  for (const [name, value] of Object.entries(config)) if (name.startsWith('OTEL_') && value !== '') process.env[name] = String(value)
  process.env.OTEL_SERVICE_NAME ||= service
  process.env.OTEL_RESOURCE_ATTRIBUTES = [
    process.env.OTEL_RESOURCE_ATTRIBUTES,
    'service.namespace=alcove',
    `service.version=${encodeURIComponent(config.SERVICE_VERSION)}`,
    `service.instance.id=${randomUUID()}`,
  ]
    .filter(Boolean)
    .join(',')
  // Metrics are read from the operations port, logs from standard output.
  process.env.OTEL_METRICS_EXPORTER ||= 'none'
  process.env.OTEL_LOGS_EXPORTER ||= 'none'
}

function startSpan(start: ReturnType<typeof trace.getTracer>['startSpan'], subject: SpanSubject, { parent, links = [] }: SpanStart): Span {
  const options = { kind: kinds[subject.kind], attributes: subject.attributes, links: links.flatMap(toLink) }
  const span = start(subject.name, options, contextOf(parent))
  return {
    traceparent: traceparentOfSpan(span),
    end({ attributes, error } = {}) {
      if (attributes) span.setAttributes(attributes)
      if (error !== undefined) failSpan(span, error)
      span.end()
    },
  }
}

function toLink(traceparent: string): Link[] {
  return isTraceparent(traceparent) ? [{ context: toSpanContext(traceparent) }] : []
}

/** Each batch finds that a receiver is away; once a minute is enough. */
function warnRarely(log: Logger): (problem: string) => void {
  let quietUntil = 0
  return (problem) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + 60_000
    log.warn({ problem: problem.slice(0, 300) }, 'spans could not be sent; this is said once a minute')
  }
}

/** What the SDK has to say, such as that a receiver is away or refused some of the spans. */
function logProblems(warn: (problem: string) => void): void {
  const ignore = () => undefined
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
