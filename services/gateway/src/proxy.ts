import { CallerGoneError, CutShortError, marginMs, UnsendableRequestError, type AnswerSink } from '@alcove/client'
import {
  bodyBytesMax,
  DependencyError,
  malformed,
  notePath,
  notFound,
  originalPathHeader,
  ProblemError,
  readBudgetMs,
  traceparentOf,
  unauthenticated,
} from '@alcove/kit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayDeps } from './deps.ts'
import { compileForwardPath } from './domain/forward-path.ts'
import { toClientHeaders, toServiceHeaders } from './domain/proxy-headers.ts'
import { findKeepable, holdingSink, keepingSink, sendKept } from './kept-answers.ts'
import { isForEverybody, listRoutedOperations, type RoutedOperation, type RoutingRule } from './routing.ts'

type ProxyDeps = Pick<GatewayDeps, 'client' | 'deadlineMaxMs' | 'answers' | 'onStale' | 'now'>

/**
 * Routes every public operation of every service: body read (256 KiB at most), answer streamed. Who may do what is the service's to judge;
 * here a missing or bad token ends the request before its body is read.
 */
export function proxyRoutes(deps: ProxyDeps) {
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers()
    // Bytes are passed on as they came; the service judges media type and syntax.
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) => done(null, body))
    for (const routed of listRoutedOperations()) addProxy(app, routed, deps)
  }
}

function addProxy(app: FastifyInstance, routed: RoutedOperation, deps: ProxyDeps): void {
  const { operation, publicPath } = routed
  const buildPath = compileForwardPath(operation.path)
  notePath(app, operation.method, publicPath)
  app.route({
    method: operation.method,
    url: publicPath.replace(/\{([^}]+)\}/g, ':$1'),
    onRequest: (request, _reply, done) => {
      const { principal, refusal } = request.edge!
      if (operation.access === 'public' || principal) done()
      else done(refusal ?? unauthenticated())
    },
    handler: (request, reply) => {
      const path = buildPath(request.params as Record<string, string>, request.url)
      if (path === undefined) throw notFound()
      passOn(deps, routed, { request, reply, path }).catch((error: unknown) => {
        if (!reply.sent) void reply.send(error instanceof Error ? error : new Error('not an error was thrown', { cause: error }))
      })
    },
  })
}

/** `path`: what the service is asked for, with the query. */
type Exchange = { request: FastifyRequest; reply: FastifyReply; path: string }

/** What the service answers goes to the client; while it is away, a read may be answered with what it answered before. */
async function passOn(deps: ProxyDeps, routed: RoutedOperation, { request, reply, path }: Exchange): Promise<void> {
  const { rule } = routed
  const keepable = findKeepable(routed, request, path)
  const plain = createSink(routed, reply)
  if (!keepable) {
    await forward(deps, routed, { request, reply, path, sink: plain })
    return
  }
  const { answers, now } = deps
  const sendStale = async (): Promise<boolean> => {
    const answer = await answers.find(keepable.key, keepable.owner)
    if (answer && !reply.sent) {
      sendKept(reply, answer, { routed, nowMs: now() })
      deps.onStale(rule.service)
    }
    return answer !== undefined
  }
  const { sink, held } = holdingSink(keepingSink(plain, answers, { key: keepable.key, requestedAtMs: now(), isHead: request.method === 'HEAD' }))
  try {
    await forward(deps, routed, { request, reply, path, sink })
    const answer = await held()
    if (answer && !(await sendStale())) answer.release()
  } catch (error) {
    if (!isAway(error) || !(await sendStale())) throw error
  }
}

/** Whether an error says that the service gave no answer, for whatever reason but that nobody waits for one. */
function isAway(error: unknown): boolean {
  return (error instanceof DependencyError && !(error instanceof CallerGoneError)) || (error instanceof ProblemError && error.slug === 'deadline-exceeded')
}

interface Forwarding extends Exchange {
  sink: AnswerSink
}

/** A service slower than its rule allows is not available (503); a client's own shorter budget that ran out is 504. */
async function forward(deps: ProxyDeps, { rule, operation }: RoutedOperation, { request, reply, path, sink }: Forwarding): Promise<void> {
  const budgetMs = readBudgetMs(request.headers['x-request-deadline-ms'], deps.deadlineMaxMs)
  const [ownMs, leftMs] = [Math.min(rule.timeoutMs, toWaitMs(deps.deadlineMaxMs)), toWaitMs(budgetMs)]
  const timeoutMs = Math.min(ownMs, leftMs)
  // A shorter time than its own was the client's choice, and must not open the breaker for everybody.
  const timeoutCounts = leftMs >= ownMs
  if (timeoutMs <= 0) throw new ProblemError('deadline-exceeded', 'There was no time left when the request came.')
  const headers = buildHeaders(request)
  const gone = new AbortController()
  const leave = () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('the client went away'))
  }
  reply.raw.once('close', leave)
  const body = request.body instanceof Buffer && request.body.length > 0 ? request.body : null
  try {
    const own = { method: request.method, path, template: operation.path, traceparent: traceparentOf(request) }
    const status = await deps.client.forward(rule.service, { ...own, headers, body, timeoutMs, signal: gone.signal, timeoutCounts }, sink)
    if (status < 400 || status >= 500) noteWrite(deps, rule, request)
  } catch (error) {
    if (!(error instanceof DependencyError) || error.sent) noteWrite(deps, rule, request)
    if (error instanceof UnsendableRequestError) throw toRefusal(error)
    if (error instanceof CutShortError && !timeoutCounts) {
      throw new ProblemError('deadline-exceeded', 'There was no answer in the time given.', { cause: error })
    }
    throw error
  }
}

const toWaitMs = (budgetMs: number) => budgetMs - marginMs(budgetMs)

/** What cannot be forwarded is the client's to mend. */
function toRefusal(error: UnsendableRequestError): ProblemError {
  if (error.fault === 'invalid')
    return malformed([{ pointer: '', code: 'unsendable', detail: 'cannot be passed on' }], 'This request cannot be passed on to its service.')
  return new ProblemError('headers-too-large', 'The request line and headers are too large to be passed on.', { cause: error })
}

/** Characters: what is longer is cut, since it is only shown. */
const originalPathMax = 512

function buildHeaders(request: FastifyRequest): Record<string, string | string[]> {
  return toServiceHeaders(request.headers, {
    'x-request-id': request.id,
    'x-service-name': 'gateway',
    // The one address the edge has judged: what a client wrote before it is worth nothing to a service.
    'x-forwarded-for': request.edge!.source.address,
    'x-forwarded-proto': request.protocol,
    [originalPathHeader]: request.url.split('?', 1)[0]!.slice(0, originalPathMax),
    ...(request.headers.host === undefined ? {} : { 'x-forwarded-host': request.headers.host }),
  })
}

/** Whatever may have changed something: what the person read of this service before is not shown again. */
function noteWrite({ answers }: ProxyDeps, { service, readsOnly }: RoutingRule, { method, edge }: FastifyRequest): void {
  if (readsOnly || method === 'GET' || method === 'HEAD' || !edge?.principal) return
  answers.noteWrite({ userId: edge.principal.userId, service })
}

/** Writes a service's answer straight to the client's connection, no faster than the client reads. */
function createSink(routed: RoutedOperation, reply: FastifyReply): AnswerSink {
  const { rule, publicPath, operation } = routed
  const { raw } = reply
  return {
    onHead(status, headers) {
      reply.hijack()
      // Collected so far: request id, limits, and `connection: close` while draining.
      const own: Record<string, string> = {}
      if (reply.server.alcove.draining) own.connection = 'close'
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) own[name] = String(value)
      if (isForEverybody(routed)) delete own['cache-control']
      own['x-gateway-service'] = rule.service
      // The service names its own path; from here it is the one under /api.
      if (headers.location?.startsWith('/') && publicPath !== operation.path) own.location = `/api${headers.location}`
      raw.writeHead(status, toClientHeaders(headers, own))
    },
    onData(chunk, resume) {
      if (raw.write(chunk)) return true
      raw.once('drain', resume)
      return false
    },
    onEnd() {
      raw.end()
    },
    onBreak() {
      // The status is out already: only a broken connection tells the client that this is not the whole answer.
      raw.destroy()
    },
  }
}
