import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { BaseConfig } from './config.ts'
import { newSampledTraceparent, newTraceparent } from './ids.ts'
import type { Logger } from './log.ts'
import { createSpanExport } from './span-export.ts'
import { createSpanEncoder, encodeAround, isSampled } from './span-json.ts'
import type { Tracing } from './tracing.ts'

export interface OtlpOptions {
  service: string
  config: BaseConfig
  log: Logger
}

/**
 * Records spans and sends them to an OTLP/HTTP receiver in batches. Loaded only when an endpoint is configured, for the sake of the
 * exporter's memory. A receiver that is away costs spans and nothing else.
 */
export function createOtlpTracing({ service, config, log }: OtlpOptions): Tracing {
  const resource = {
    ...readPairs(config.OTEL_RESOURCE_ATTRIBUTES),
    'service.namespace': 'alcove',
    'service.name': service,
    'service.version': config.SERVICE_VERSION,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
  }
  const spans = createSpanExport({
    url: `${config.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`,
    headers: readPairs(config.OTEL_EXPORTER_OTLP_HEADERS),
    around: encodeAround(resource, { name: 'alcove', version: config.SERVICE_VERSION }),
    log,
  })
  const encode = createSpanEncoder()
  return {
    start(subject, start = {}) {
      const { parent } = start
      // What was decided not to be recorded costs nothing more: the ids are passed on as they are.
      if (parent ? !isSampled(parent) : Math.random() >= config.OTEL_TRACES_SAMPLER_ARG) {
        return { traceparent: parent ?? newTraceparent(), end: () => undefined }
      }
      const traceparent = newSampledTraceparent(parent)
      // The wall clock says when, the monotonic one for how long: the first may be set meanwhile.
      const [startedMs, from] = [Date.now(), performance.now()]
      return {
        traceparent,
        end(outcome) {
          const tookNs = Math.round((performance.now() - from) * 1e6)
          spans.add(encode(subject, start, { traceparent, startedMs, tookNs, attributes: outcome?.attributes, error: outcome?.error }))
        },
      }
    },
    stop: spans.stop,
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
