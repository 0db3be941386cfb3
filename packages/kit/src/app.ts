import type { ServiceName } from '@alcove/contracts'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import type { Histogram, Registry } from 'prom-client'
import type { Authenticator } from './authenticator.ts'
import { addJsonParser, bodyBytesMax, drainRequest } from './body.ts'
import type { Clock } from './clock.ts'
import { connectionsCheckMs, cutCounter, headerBytesMax, headersMax, type CutCounter, type CutReason } from './connections.ts'
import type { LazyRequestContext } from './context.ts'
import { notFound, ProblemError } from './errors.ts'
import { STATUS_CODES } from './http.ts'
import { isRequestId, newId } from './ids.ts'
import type { Logger } from './log.ts'
import { requestHistogram } from './metrics.ts'
import { renderProblem, toProblem } from './problem.ts'
import { isPlainTarget, toOriginForm } from './target.ts'
import { traceIdOf } from './tracing.ts'

export interface AppOptions {
  service: ServiceName
  log: Logger
  authenticator: Authenticator
  clock: Clock
  version: string
  metrics: Registry
}

/** A peer that vanished without a word is found by TCP's own probes, which begin after this long a silence. */
const keepAliveProbeMs = 30_000

/** The path, without query, under which the gateway was asked what it asks of a service. It says so in problems; nothing is decided by it. */
export const originalPathHeader = 'x-original-path'

/** What routes of an application share; kept on the instance under {@link appState}. */
export interface AppState extends AppOptions {
  histogram: Histogram<'method' | 'route' | 'status' | 'trace_id'>
  cut: CutCounter
  /** Known paths with their methods, for 405. */
  paths: Map<string, { pattern: RegExp; methods: Set<string> }>
  /** Set while draining: every answer then ends its connection. */
  draining: boolean
  /** Set where demo data are made: see `runAtDemoMoment`. */
  demoClockSecret?: string
}

declare module 'fastify' {
  interface FastifyInstance {
    alcove: AppState
  }
  interface FastifyRequest {
    alcove: LazyRequestContext | null
  }
}

/**
 * A Fastify instance as every service uses it: problem+json for every failure, 404 and 405, request ids, JSON only, no body over
 * 256 KiB, a slash at the end of a path is none, `GET /health`, one metric observation and at most one log line per request.
 */
export function createApp(options: AppOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    // A child logger per request is made on first use instead (RequestContext.log).
    childLoggerFactory: (logger) => logger,
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    genReqId: (raw) => (isRequestId(raw.headers['x-request-id']) ? (raw.headers['x-request-id'] as string) : newId()),
    requestIdHeader: false,
    bodyLimit: bodyBytesMax,
    http: { maxHeaderSize: headerBytesMax, connectionsCheckingInterval: connectionsCheckMs, keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs },
    // A request that arrives while the listener closes is still carried out: it was accepted.
    return503OnClosing: false,
    rewriteUrl: toOriginForm,
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendProblem(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: (error, socket) => answerUnreadable(state, error, socket as Socket),
  }) as unknown as FastifyInstance
  const { metrics } = options
  const state: AppState = { ...options, histogram: requestHistogram(metrics), cut: cutCounter(metrics), paths: new Map(), draining: false }
  app.decorate('alcove', state)
  app.decorateRequest('alcove', null)
  app.decorateRequest('traceparent', '')
  options.authenticator.addTo(app)
  addJsonParser(app)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => answerUnknown(state, request, reply))
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    if (state.draining) reply.header('connection', 'close')
    done(findUnreadable(request))
  })
  app.addHook('onResponse', (request, reply, done) => {
    recordAnswer(state, request, reply)
    done()
  })
  app.get('/health', (_request, reply) => reply.send({ status: 'ok', service: options.service, version: options.version }))
  notePath(app, 'GET', '/health')
  return app
}

/** What keeps a request from being read that Node and the router let through. */
function findUnreadable({ raw }: FastifyRequest): ProblemError | undefined {
  if (raw.rawHeaders.length > headersMax * 2) return new ProblemError('headers-too-large', `There are more than ${headersMax} headers.`)
  if (countHosts(raw.rawHeaders) > 1) return new ProblemError('malformed', 'There is more than one Host header.')
  if (!isPlainTarget(raw.url!)) return new ProblemError('malformed', 'Characters beyond ASCII must be percent-encoded in a path and its query.')
  return undefined
}

/** Node keeps the first of several; whatever stands in front may have looked at the last (RFC 9112, 3.2). */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) if (rawHeaders[index]!.length === 4 && rawHeaders[index]!.toLowerCase() === 'host') count += 1
  return count
}

/** The path that the client asked for: the gateway says it where it has asked in the client's place. */
function pathAsked({ url, headers }: FastifyRequest): string {
  const told = headers[originalPathHeader]
  return typeof told === 'string' && /^\/[\x21-\x7e]*$/.test(told) ? told : url.split('?', 1)[0]!
}

/** Remembers that a path exists, so that another method there answers 405. */
export function notePath(app: FastifyInstance, method: string, path: string): void {
  const { paths } = app.alcove
  let known = paths.get(path)
  if (!known) {
    const source = path
      .split(/(\{[^}]+\})/)
      .map((part) => (part.startsWith('{') ? '[^/]+' : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')))
      .join('')
    known = { pattern: new RegExp(path === '/' ? '^/$' : `^${source}/?$`), methods: new Set() }
    paths.set(path, known)
  }
  known.methods.add(method)
  if (method === 'GET') known.methods.add('HEAD')
}

function answerUnknown(state: AppState, request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0]!
  const methods = new Set<string>()
  for (const { pattern, methods: known } of state.paths.values()) if (pattern.test(path)) for (const method of known) methods.add(method)
  if (methods.size === 0) {
    sendProblem(notFound(), request, reply)
    return
  }
  const allow = [...methods].sort().join(', ')
  sendProblem(new ProblemError('method-not-allowed', `Allowed here: ${allow}.`, { headers: { allow } }), request, reply)
}

async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const problem = toProblem(error)
  if (problem.slug === 'payload-too-large') await drainRequest(request.raw)
  sendProblem(problem, request, reply)
}

/** Answers with a problem and logs it when it is ours. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const state = request.server.alcove
  const problem = toProblem(error)
  if (problem.status >= 500) {
    const fields = { requestId: request.id, trace_id: traceIdOf(request), slug: problem.slug, err: problem.cause ?? problem }
    if (reply.raw.closed) state.log.info(fields, 'request given up: the client went away')
    else if (problem.slug === 'internal') state.log.error(fields, 'request failed')
    else state.log.warn(fields, 'request not answered in full')
  }
  const body = renderProblem(problem, { instance: pathAsked(request), requestId: request.id, now: state.clock.now() })
  reply.code(problem.status).header('content-type', 'application/problem+json').header('x-request-id', request.id)
  reply.header('x-content-type-options', 'nosniff')
  if (problem.headers) reply.headers(problem.headers)
  if (state.draining) reply.header('connection', 'close')
  reply.serializer(JSON.stringify).send(body)
}

/** What Node's parser or its clock says of a request it gave up, and what the client is told. */
const unreadable: Record<string, [reason: CutReason, slug: ProblemError['slug'], detail: string]> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'headers-too-large', `The request line and headers are larger than ${headerBytesMax / 1024} KiB.`],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'request-timeout', 'The request did not arrive in time.'],
}

/** Answers what could not be read: headers beyond measure, broken HTTP, a request that never ends. */
function answerUnreadable(state: AppState, error: NodeJS.ErrnoException, socket: Socket): void {
  // Node reports the same again for every further piece that comes.
  if (refused.has(socket)) return
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  refused.add(socket)
  const [reason, slug, detail] = unreadable[error.code ?? ''] ?? ['malformed', 'malformed', 'The request is not valid HTTP.']
  state.cut.inc({ reason })
  const problem = new ProblemError(slug, detail)
  const requestId = newId()
  const body = JSON.stringify(renderProblem(problem, { instance: '', requestId, now: state.clock.now() }))
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json\r\nx-request-id: ${requestId}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Closing while bytes stand unread would reset the connection, and the client would never see the answer.
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

const refused = new WeakSet<Socket>()
/** How long a refused client may go on writing. */
const lingerMs = 1000

/** A trace that somebody can open: recorded by this process, not only announced by a client. */
function exemplarOf(request: FastifyRequest): Record<string, string> {
  return 'opentelemetry' in request && request.traceparent.endsWith('-01') ? { trace_id: request.traceparent.split('-')[1]! } : {}
}

function recordAnswer(state: AppState, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched')
  const ms = reply.elapsedTime
  state.histogram.observe({
    labels: { method: request.method, route, status: String(reply.statusCode) },
    value: ms / 1000,
    exemplarLabels: exemplarOf(request),
  })
  if (route !== '/health' && state.log.isLevelEnabled('info')) {
    state.log.info(
      { requestId: request.id, trace_id: traceIdOf(request), method: request.method, route, status: reply.statusCode, ms: Math.round(ms * 10) / 10 },
      'request',
    )
  }
}
