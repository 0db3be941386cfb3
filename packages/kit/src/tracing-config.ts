import Type, { type Static } from 'typebox'

/**
 * OpenTelemetry's own variables, as its specification names them (SDK environment variables 1.40). Those without a default here have the one of the
 * specification. Variables that are not listed, such as `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, are read by the SDK from the environment all the same.
 */
export const tracingConfigSchema = {
  /** Where traces go, such as `http://collector:4318`; empty: nothing is traced and no tracing code is loaded. */
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.String({ pattern: '^(https?://.+)?$', default: '' }),
  /** `grpc` usually has port 4317, the others 4318. */
  OTEL_EXPORTER_OTLP_PROTOCOL: Type.Enum(['http/protobuf', 'http/json', 'grpc'], { default: 'http/protobuf' }),
  /** Headers for the receiver, such as `authorization=Bearer%20x`; secret. */
  OTEL_EXPORTER_OTLP_HEADERS: Type.String({ default: '' }),
  /** `gzip`, or `none` by default. */
  OTEL_EXPORTER_OTLP_COMPRESSION: Type.String({ pattern: '^(gzip|none)?$', default: '' }),
  /** Milliseconds for one request to the receiver. */
  OTEL_EXPORTER_OTLP_TIMEOUT: Type.String({ pattern: '^\\d*$', default: '' }),
  /** Who decides which traces are recorded. The default keeps a caller's decision and draws the share of `OTEL_TRACES_SAMPLER_ARG` from those that begin here. */
  OTEL_TRACES_SAMPLER: Type.Enum(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'], {
    default: 'parentbased_traceidratio',
  }),
  /** The sampler's argument: of a ratio, the share of traces that are recorded, 0 to 1. */
  OTEL_TRACES_SAMPLER_ARG: Type.Number({ minimum: 0, maximum: 1, default: 1 }),
  /** The service's own name unless given. */
  OTEL_SERVICE_NAME: Type.String({ default: '' }),
  /** More about this process, such as `deployment.environment.name=production,k8s.pod.name=booking-7d9`. */
  OTEL_RESOURCE_ATTRIBUTES: Type.String({ default: '' }),
  /** Which detectors add to what is known of the process, such as `env,host,process`; `none`: none of them. */
  OTEL_NODE_RESOURCE_DETECTORS: Type.String({ default: '' }),
  /** Milliseconds between two batches of spans. */
  OTEL_BSP_SCHEDULE_DELAY: Type.String({ pattern: '^\\d*$', default: '' }),
  /** Spans that may wait; further ones are dropped. */
  OTEL_BSP_MAX_QUEUE_SIZE: Type.String({ pattern: '^\\d*$', default: '' }),
  /** Spans of one batch. */
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Type.String({ pattern: '^\\d*$', default: '' }),
  /** Milliseconds for one batch, repeats included. */
  OTEL_BSP_EXPORT_TIMEOUT: Type.String({ pattern: '^\\d*$', default: '' }),
  /** How a trace is read from callers and told to callees: `tracecontext,baggage`. */
  OTEL_PROPAGATORS: Type.String({ default: '' }),
}
const tracingSchema = Type.Object(tracingConfigSchema)

/** The part of the configuration that says what is traced, and where it goes. */
export type TracingConfig = Static<typeof tracingSchema>
