import { marginMs, toBudgetHeader, type AnswerSink } from '@alcove/client'
import { bodyBytesMax, DependencyError, isTraceparent, newTraceparent, notePath, ProblemError, readBudgetMs, unauthenticated } from '@alcove/kit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayDeps } from './deps.ts'
import { toClientHeaders, toServiceHeaders } from './domain/proxy-headers.ts'
import { listRoutedOperations, type RoutedOperation } from './routing.ts'

type ProxyDeps = Pick<GatewayDeps, 'client' | 'deadlineMaxMs'>

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
      passOn(deps, routed, { request, reply }).catch((error: unknown) => {
        if (!reply.sent) void reply.send(error instanceof Error ? error : new Error('not an error was thrown', { cause: error }))
      })
    },
  })
}

type Exchange = { request: FastifyRequest; reply: FastifyReply }

/** A service slower than its rule allows is not available (503); a client's own shorter budget that ran out is 504. */
async function passOn({ client, deadlineMaxMs }: ProxyDeps, routed: RoutedOperation, { request, reply }: Exchange): Promise<void> {
  const { rule, publicPath, operation } = routed
  const budgetMs = readBudgetMs(request.headers['x-request-deadline-ms'], deadlineMaxMs)
  const timeoutMs = Math.max(1, Math.min(rule.timeoutMs, budgetMs - marginMs(budgetMs)))
  const { traceparent } = request.headers
  const headers = toServiceHeaders(request.headers, {
    'x-request-id': request.id,
    'x-service-name': 'gateway',
    'x-request-deadline-ms': toBudgetHeader(timeoutMs),
    // The one address the edge has judged: what a client wrote before it is worth nothing to a service.
    'x-forwarded-for': request.edge!.address,
    'x-forwarded-proto': request.protocol,
    ...(request.headers.host === undefined ? {} : { 'x-forwarded-host': request.headers.host }),
    traceparent: isTraceparent(traceparent) ? traceparent : newTraceparent(),
  })
  const gone = new AbortController()
  const leave = () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('the client went away'))
  }
  reply.raw.once('close', leave)
  const path = publicPath === operation.path ? request.url : request.url.slice('/api'.length)
  const body = request.body instanceof Buffer && request.body.length > 0 ? request.body : null
  try {
    await client.forward(
      rule.service,
      { method: request.method, path, headers, body, timeoutMs, signal: gone.signal, timeoutCounts: timeoutMs >= Math.min(rule.timeoutMs, judgedFromMs) },
      createSink(routed, reply),
    )
  } catch (error) {
    const ownLimit = timeoutMs >= rule.timeoutMs
    if (error instanceof DependencyError && error.reason === 'timeout' && !ownLimit && error.sent) {
      throw new ProblemError('deadline-exceeded', 'There was no answer in the time given.', { cause: error })
    }
    throw error
  }
}

/** A shorter time than this was the client's choice and must not open the breaker for everybody. */
const judgedFromMs = 2000

/** Writes a service's answer straight to the client's connection, no faster than the client reads. */
function createSink({ rule, publicPath, operation }: RoutedOperation, reply: FastifyReply): AnswerSink {
  const { raw } = reply
  return {
    onHead(status, headers) {
      reply.hijack()
      // Collected so far: request id, limits, and `connection: close` while draining.
      const own: Record<string, string> = {}
      if (reply.server.alcove.draining) own.connection = 'close'
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) own[name] = String(value)
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
