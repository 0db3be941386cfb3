import type { SpanAttributes, SpanStart, SpanSubject } from './tracing.ts'

/** What is known of a span when it ends. */
export interface SpanEnd {
  traceparent: string
  /** Milliseconds since 1970. */
  startedMs: number
  /** A whole number of nanoseconds. */
  tookNs: number
  attributes?: SpanAttributes
  error?: string
}

/** As the protocol numbers them (`SpanKind` of trace.proto). */
const kinds = { server: 2, client: 3, producer: 4, consumer: 5 } as const
const statusError = 2
/** Flags of trace.proto beside W3C's eight: it is known whether the other span is of another process; it is. */
const [originKnown, remote] = [0x1_00, 0x2_00]
const sampled = 1
const longestValue = 256
const mostLinks = 500
const nsPerMs = 1e6

/** What stands around the spans of a request (`ExportTraceServiceRequest`): the process and the library that they come from. */
export function encodeAround(resource: SpanAttributes, scope: { name: string; version: string }): readonly [head: string, tail: string] {
  const process = `{"attributes":[${encodeAttributes(resource).slice(1)}]}`
  return [`{"resourceSpans":[{"resource":${process},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[`, ']}]}]}']
}

/**
 * Writes spans in the JSON of OTLP (opentelemetry-proto 1, `Span`). Values of attributes are cut after 256 characters;
 * of more than 500 links the last are kept and the others counted. What a subject gives is written once for all its spans.
 */
export function createSpanEncoder(): (subject: SpanSubject, start: SpanStart, end: SpanEnd) => string {
  const heads = new WeakMap<SpanSubject, string>()
  return (subject, { parent, links }, { traceparent, startedMs, tookNs, attributes, error }) => {
    let text = heads.get(subject)
    if (text === undefined) heads.set(subject, (text = encodeHead(subject)))
    if (attributes) text += encodeAttributes(attributes)
    text += error === undefined ? '],' : `${encodeAttributes({ 'error.type': error })}],"status":{"code":${statusError}},`
    if (links) text += encodeLinks(links)
    if (parent) text += `"parentSpanId":"${spanIdOf(parent)}",`
    text += `"traceId":"${traceIdOf(traceparent)}","spanId":"${spanIdOf(traceparent)}",`
    return `${text}"startTimeUnixNano":"${toNanoseconds(startedMs, 0)}","endTimeUnixNano":"${toNanoseconds(startedMs, tookNs)}"}`
  }
}

/** As far as spans of one subject are the same: to within the list of attributes, each with a comma before it but the first. */
function encodeHead({ name, kind, attributes }: SpanSubject): string {
  const flags = sampled | originKnown | (kind === 'server' || kind === 'consumer' ? remote : 0)
  return `{"name":${JSON.stringify(name)},"kind":${kinds[kind]},"flags":${flags},"attributes":[${encodeAttributes(attributes).slice(1)}`
}

/** In decimal: there are more digits than a number holds. */
function toNanoseconds(ms: number, ns: number): string {
  return `${ms + Math.floor(ns / nsPerMs)}${String(ns % nsPerMs).padStart(6, '0')}`
}

function encodeLinks(links: readonly string[]): string {
  const kept = links
    .slice(-mostLinks)
    .map((link) => `{"traceId":"${traceIdOf(link)}","spanId":"${spanIdOf(link)}","flags":${flagsOf(link) | originKnown | remote}}`)
  return `"links":[${kept.join(',')}],"droppedLinksCount":${links.length - kept.length},`
}

/** A comma before each. */
function encodeAttributes(attributes: Readonly<SpanAttributes>): string {
  let text = ''
  for (const name in attributes) text += `,{"key":${JSON.stringify(name)},"value":${encodeValue(attributes[name]!)}}`
  return text
}

function encodeValue(value: string | number | boolean): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value.length > longestValue ? value.slice(0, longestValue) : value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  if (Number.isInteger(value)) return `{"intValue":${value}}`
  // JSON has no number for the others; protocol buffers' has these words.
  return `{"doubleValue":${Number.isFinite(value) ? value : `"${value}"`}}`
}

const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)
const spanIdOf = (traceparent: string): string => traceparent.slice(36, 52)
const flagsOf = (traceparent: string): number => parseInt(traceparent.slice(53), 16)

/** Whether the one who began a trace decided that it is recorded. */
export function isSampled(traceparent: string): boolean {
  return '13579bdf'.includes(traceparent[54]!)
}
