import { subscribe } from 'node:diagnostics_channel'
import { context, type Attributes, type Context, type Span } from '@opentelemetry/api'
import { FastifyOtelInstrumentation } from '@fastify/otel'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { failSpan, traceparentOfSpan } from './span-context.ts'
import type { TracedCall } from './tracing.ts'

type Instrumentation = FastifyOtelInstrumentation | PgInstrumentation | UndiciInstrumentation

/** Asked every few seconds by machines; a trace of each would be all that one sees. */
const probes: ReadonlySet<string> = new Set(['/health', '/internal/status'])

/**
 * Records requests that a service gets (Fastify), calls that it makes (undici) and SQL statements (pg), each with templates in place of paths,
 * queries and values: those may hold secrets. None of them patches modules while these are loaded, so a bundle can be recorded like the sources.
 */
export async function createInstrumentations(callOf: (active: Context) => TracedCall | undefined): Promise<Instrumentation[]> {
  const pg = new BundledPgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true })
  await pg.patch()
  return [instrumentFastify(), instrumentUndici(callOf), pg]
}

/** Every application that is made from now on; it announces itself on a diagnostics channel. */
function instrumentFastify(): FastifyOtelInstrumentation {
  const instrumentation = new FastifyOtelInstrumentation({
    registerOnInitialization: true,
    instrumentHooks: false,
    instrumentHandler: false,
    recordExceptions: false,
    ignorePaths: ({ url }) => probes.has(url.split('?', 1)[0]!),
    requestHook: describeRequest,
  })
  // After the instrumentation's own subscription, so that its hook has started the span.
  subscribe('fastify.initialization', (message) => addRequestHooks((message as { fastify: FastifyInstance }).fastify))
  return instrumentation
}

function describeRequest(span: Span, request: FastifyRequest): void {
  const route = request.is404 ? undefined : request.routeOptions.url
  request.traceparent = traceparentOfSpan(span)
  span.updateName(route === undefined ? request.method : `${request.method} ${route}`)
  // The library's own is the whole path with its query.
  span.setAttributes({ 'url.path': route ?? '', 'url.scheme': 'http', 'alcove.request_id': request.id })
}

function addRequestHooks(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { span } = request.opentelemetry()
    if (span) {
      reply.raw.once('close', () => {
        if (reply.raw.writableFinished || !span.isRecording()) return
        failSpan(span, 'client-gone')
        span.end()
      })
    }
    done()
  })
  // Reading the body has left the request's context; handlers run in it again.
  app.addHook('preHandler', (request, _reply, done) => {
    const { context: own } = request.opentelemetry()
    if (own) context.with(own, done)
    else done()
  })
}

function instrumentUndici(callOf: (active: Context) => TracedCall | undefined): UndiciInstrumentation {
  return new UndiciInstrumentation({
    // Probes, and what is not a call through the client.
    ignoreRequestHook: () => probes.has(callOf(context.active())?.template ?? '/health'),
    startSpanHook(request): Attributes {
      const call = callOf(context.active())
      const template = call?.template ?? ''
      return {
        'url.full': `${request.origin}${template}`,
        'url.path': template,
        'url.query': '',
        ...(call && { 'url.template': template, 'server.address': call.callee }),
        ...(call && call.resends > 0 && { 'http.request.resend_count': call.resends }),
      }
    },
    requestHook(span, request) {
      const call = callOf(context.active())
      if (call) span.updateName(`${request.method} ${call.template}`)
    },
  })
}

/** The library waits for the module `pg` to be loaded, which it never is in a bundle: here it is given the one that the services use. */
class BundledPgInstrumentation extends PgInstrumentation {
  async patch(): Promise<void> {
    const { default: pg } = await import('pg')
    for (const { name, patch } of this.init()) if (name === 'pg') patch?.(pg)
  }
}
