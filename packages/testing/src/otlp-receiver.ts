import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as it arrived, with the resource that sent it. */
export interface ReceivedSpan {
  service: string
  resource: Record<string, unknown>
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal'
  attributes: Record<string, unknown>
  links: { traceId: string; spanId: string }[]
  failed: boolean
  startedAtNs: bigint
  endedAtNs: bigint
}

/** A receiver of OTLP over HTTP in JSON, in memory. */
export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string
  /** What a process needs to send its spans here, and soon. */
  env: Record<string, string>
  spans(): ReceivedSpan[]
  /** All spans of a trace. */
  trace(traceId: string): ReceivedSpan[]
  /** Everything that was ever sent here, as it came. */
  text(): string
  headers(): IncomingMessage['headers'][]
  close(): Promise<void>
}

type Value = { stringValue?: string; intValue?: string | number; boolValue?: boolean; doubleValue?: number }
type KeyValue = { key: string; value: Value }
interface WireSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: KeyValue[]
  links?: { traceId: string; spanId: string }[]
  status?: { code?: number }
}
interface WireBatch {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: WireSpan[] }[] }[]
}

const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const toAttributes = (pairs: readonly KeyValue[]) => Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))

/** Starts a receiver on a free port of this machine. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const texts: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const known = request.method === 'POST' && request.url === '/v1/traces'
      if (known) {
        texts.push(text)
        headers.push(request.headers)
        spans.push(...readBatch(JSON.parse(text) as WireBatch))
      }
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '200' },
    spans: () => [...spans],
    trace: (traceId) => spans.filter((span) => span.traceId === traceId),
    text: () => texts.join('\n'),
    headers: () => [...headers],
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function readBatch(batch: WireBatch): ReceivedSpan[] {
  return batch.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const attributes = toAttributes(resource.attributes)
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => readSpan(span, attributes)))
  })
}

function readSpan(span: WireSpan, resource: Record<string, unknown>): ReceivedSpan {
  return {
    service: String(resource['service.name']),
    resource,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: kinds[span.kind] ?? 'internal',
    attributes: toAttributes(span.attributes),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    failed: span.status?.code === 2,
    startedAtNs: BigInt(span.startTimeUnixNano),
    endedAtNs: BigInt(span.endTimeUnixNano),
  }
}
