import { diag, DiagLogLevel } from '@opentelemetry/api'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import type { Logger } from './log.ts'
import { createSpanPages, type SpanPage } from './span-pages.ts'

/** The longest that a span waits to be sent. */
const gatherMs = 2000
/** 2 MB, some 3,000 spans. */
const pageLimit = 8
const timeoutMillis = 5000

export interface SpanExportOptions {
  /** Of the receiver, whole. */
  url: string
  headers: Readonly<Record<string, string>>
  /** What stands before and after the spans of a request. */
  around: readonly [head: string, tail: string]
  log: Logger
}

export interface SpanExport {
  /** Takes a span as JSON; never throws and never waits. */
  add(span: string): void
  /** Sends what waits, or gives it up with the first request that fails. */
  stop(): Promise<void>
}

/**
 * Sends spans over OTLP/HTTP, one request at a time, when a page of them is full and every two seconds. OpenTelemetry's exporter does the
 * sending: a receiver that is away or busy is tried again for five seconds, then its page of spans is lost. It also reads what the standard's
 * environment variables say of certificates and compression.
 */
export function createSpanExport({ url, headers, around, log }: SpanExportOptions): SpanExport {
  const warn = warnRarely(log)
  logProblems(warn)
  const requests = createOtlpHttpExportDelegate<SpanPage, unknown>(
    convertLegacyHttpOptions({ url, headers: { ...headers }, timeoutMillis }, 'TRACES', 'v1/traces', { 'Content-Type': 'application/json' }),
    { serializeRequest: (page) => page.seal(), deserializeResponse: (bytes) => (bytes.length > 0 ? JSON.parse(Buffer.from(bytes).toString()) : {}) },
    'otlp_http_span_exporter',
    { name: 'span', countItems: (page) => page.spans },
    undefined,
  )
  const pages = createSpanPages(around, pageLimit, () => void send())
  let sending: Promise<void> | undefined
  let stopping = false

  const send = (): Promise<void> => {
    sending ??= sendAll().finally(() => (sending = undefined))
    return sending
  }
  async function sendAll(): Promise<void> {
    for (let page = pages.take(); page; page = pages.take()) {
      const problem = await sendPage(page)
      if (problem) warn(problem)
      const dropped = pages.takeDropped()
      if (dropped > 0) warn(`${dropped} spans found no place: the receiver is too slow`)
      if (problem && stopping) return
    }
  }
  const sendPage = (page: SpanPage): Promise<string | undefined> =>
    new Promise((resolve) => requests.export(page, ({ error }) => resolve(error && (error.message || error.name))))

  const timer = setInterval(() => void send(), gatherMs).unref()
  return {
    add: pages.add,
    async stop() {
      stopping = true
      clearInterval(timer)
      await send()
      await requests.shutdown()
    },
  }
}

/** Each request finds that a receiver is away; once a minute is enough. */
function warnRarely(log: Logger): (problem: string) => void {
  let quietUntil = 0
  return (problem) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + 60_000
    log.warn({ problem: problem.slice(0, 300) }, 'spans could not be sent; this is said once a minute')
  }
}

/** What the library has to say, such as that a receiver refused some of the spans. */
function logProblems(warn: (problem: string) => void): void {
  const ignore = () => undefined
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
