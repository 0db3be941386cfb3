import type { BodyOf, Operation, ParamsOf, QueryOf, ResponseOf } from '@alcove/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ValidateFunction } from 'ajv'
import { notePath, sendProblem } from './app.ts'
import { assertNoBody } from './body.ts'
import { isAdmin, isOperator, LazyRequestContext, type RequestContext } from './context.ts'
import { runAtDemoMoment } from './demo-clock.ts'
import { forbidden, malformed, preconditionRequired, ProblemError, type FieldError, versionStale } from './errors.ts'
import { verifyCaller } from './service-caller.ts'
import { prepareResponseSchema } from './serialization.ts'
import { compileBody, compileParameters, findUnstorable, isStorable, toFieldErrors } from './validation.ts'

/** What `If-Match` allows: any version, or the listed ones; an empty list allows none. */
export type IfMatch = '*' | readonly number[]

/** What a handler is given: validated by the operation's schemas. */
export interface OperationInput<O extends Operation> {
  params: ParamsOf<O>
  query: QueryOf<O>
  body: BodyOf<O>
  ifMatch?: IfMatch
  idempotencyKey?: string
}

/** A Buffer is JSON written already, for answers so large that a serializer would cost more than the work; it must be what the schema says. */
type OrRendered<A> = A extends { status: infer S; body: infer B } ? { status: S; body: B | Buffer } : A
type PageOf<O extends Operation> = O extends { readonly produces: string } ? { status: keyof O['responses'] & number; body: string } : never

/** What a handler answers; `headers` in lower case. A string body is sent as it is. */
export type OperationAnswer<O extends Operation> = (OrRendered<ResponseOf<O>> | PageOf<O>) & { headers?: Record<string, string> }

/** `S` is inferred from the handler and keeps its status codes literal. */
export type OperationHandler<O extends Operation, S extends number = number> = (
  input: OperationInput<O>,
  ctx: RequestContext,
) => Promise<OperationAnswer<O> & { status: S }>

/**
 * Adds a route. Checks in the order of the public API: token (before the body is read), body size and media type, every field of path,
 * query and body at once, role, then the handler. Past the deadline the caller gets 504 and `ctx.signal` aborts.
 */
export function addOperation<const O extends Operation, S extends number>(app: FastifyInstance, operation: O, handler: OperationHandler<O, S>): void {
  const readInput = createInputReader(operation)
  notePath(app, operation.method, operation.path)
  const response = Object.fromEntries(
    Object.entries(operation.responses)
      .filter(([, schema]) => schema !== null)
      .map(([status, schema]) => [status, prepareResponseSchema(schema)]),
  )
  app.route({
    method: operation.method,
    url: operation.path.replace(/\{([^}]+)\}/g, ':$1'),
    ...(Object.keys(response).length > 0 ? { schema: { response } } : {}),
    onRequest: async (request, reply) => {
      request.alcove = new LazyRequestContext(request, reply)
      await authenticate(operation, request.alcove)
    },
    handler: (request, reply) => {
      const { demoClockSecret } = request.server.alcove
      if (demoClockSecret) runAtDemoMoment(demoClockSecret, request.headers, () => carryOut(request, reply))
      else carryOut(request, reply)
    },
  })

  function carryOut(request: FastifyRequest, reply: FastifyReply): void {
    const ctx = request.alcove!
    const input = readInput(request) as OperationInput<O>
    assertRole(operation, ctx)
    // Nobody waits any more: whatever the handler did would be for nothing.
    if (ctx.deadline.remainingMs() === 0) {
      expire(ctx)
      return
    }
    ctx.onExpiry(() => expire(ctx))
    handler(input, ctx).then(
      (answer) => settle(ctx, () => sendAnswer(operation, answer as Answer, reply)),
      (error: unknown) => settle(ctx, () => void reply.send(error instanceof Error ? error : new Error('not an error was thrown', { cause: error }))),
    )
  }
}

/**
 * Compares `If-Match` with the resource's present version; to be called after 404 was ruled out.
 * @throws {ProblemError} `precondition-required` without the header, `version-stale` for another version
 */
export function requireVersion({ ifMatch }: { ifMatch?: IfMatch }, currentVersion: number): number {
  if (ifMatch === undefined) throw preconditionRequired()
  if (ifMatch !== '*' && !ifMatch.includes(currentVersion)) throw versionStale()
  return currentVersion
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> }

async function authenticate(operation: Operation, ctx: LazyRequestContext): Promise<void> {
  const { request } = ctx.raw
  if (operation.access === 'service') {
    ctx.caller = await verifyCaller(request)
    return
  }
  // The gateway passes on what a person asks and shows its own token too: it is judged for the metric of callers alone and refuses nothing.
  if (request.headers['x-service-authorization'] !== undefined) verifyCaller(request).catch(() => undefined)
  if (operation.access === 'public' && request.headers.authorization === undefined) return
  try {
    ctx.optionalPrincipal = await request.server.alcove.authenticator.verifyUser(request)
  } catch (error) {
    // On a public operation a token is extra: an expired one must not keep anybody from logging in.
    if (operation.access !== 'public') throw error
  }
}

function assertRole(operation: Operation, ctx: LazyRequestContext): void {
  if (operation.access === 'operator' && !isOperator(ctx.principal)) throw forbidden('This needs the role operator.')
  if (operation.access === 'admin' && !isAdmin(ctx.principal)) throw forbidden('This needs the role admin.')
}

function settle(ctx: LazyRequestContext, answer: () => void): void {
  ctx.settle()
  if (!ctx.raw.reply.sent) answer()
}

function expire(ctx: LazyRequestContext): void {
  const { request, reply } = ctx.raw
  if (!reply.sent) sendProblem(new ProblemError('deadline-exceeded', 'There was no complete answer in the time given.'), request, reply)
  ctx.abort(new Error('the deadline has passed'))
}

function sendAnswer(operation: Operation, answer: Answer, reply: FastifyReply): void {
  reply.code(answer.status)
  // Also for requests that began before draining did.
  if (reply.server.alcove.draining) reply.header('connection', 'close')
  if (answer.headers) reply.headers(answer.headers)
  if (answer.body === undefined) {
    reply.send()
    return
  }
  if (typeof answer.body === 'string' && operation.produces && !reply.hasHeader('content-type')) reply.type(operation.produces)
  if (Buffer.isBuffer(answer.body)) reply.type('application/json; charset=utf-8')
  reply.send(answer.body)
}

function createInputReader(operation: Operation): (request: FastifyRequest) => OperationInput<Operation> {
  const params = operation.params && compileParameters(operation.params)
  const query = operation.query && compileParameters(operation.query)
  const body = operation.body && compileBody(operation.body)
  return (request) => {
    const errors: FieldError[] = []
    check(params, request.params, errors)
    check(query, request.query, errors)
    checkRange(request.query as Record<string, unknown>, errors)
    if (!query && Object.keys(request.query as object).length > 0) {
      for (const name of Object.keys(request.query as object))
        errors.push({ pointer: `/${name}`, code: 'unknown-member', detail: 'There is no such query parameter.' })
    }
    if (body) {
      if (request.body === undefined) errors.push({ pointer: '', code: 'required', detail: 'A JSON body is required.' })
      else check(body, request.body, errors)
    } else assertNoBody(request.body)
    const ifMatch = readIfMatch(request.headers['if-match'], errors)
    const idempotencyKey = operation.method === 'POST' ? readIdempotencyKey(request.headers['idempotency-key'], errors) : undefined
    if (errors.length > 0) throw malformed(errors.slice(0, 100))
    return { params: request.params, query: request.query, body: request.body, ifMatch, idempotencyKey } as OperationInput<Operation>
  }
}

/** A range of time ends no earlier than it begins, wherever a query has one. */
function checkRange({ from, to }: Record<string, unknown>, errors: FieldError[]): void {
  if (typeof from === 'string' && typeof to === 'string' && Date.parse(to) < Date.parse(from)) {
    errors.push({ pointer: '/to', code: 'range', detail: 'must not be before from' })
  }
}

function check(validate: ValidateFunction | undefined, value: unknown, errors: FieldError[]): void {
  if (!isStorable(value)) {
    const found = findUnstorable(value)
    errors.push(...found)
    // What is nested too deep is not walked again by anything.
    if (found.some((error) => error.code === 'depth')) return
  }
  if (validate && !validate(value)) errors.push(...toFieldErrors(validate.errors))
}

const tagForm = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"'
/** Elements of a list may be empty (RFC 9110, 5.6.1). */
const tagListForm = new RegExp(`^[\\t ,]*${tagForm}(?:[\\t ]*,[\\t ,]*${tagForm})*[\\t ,]*$`)

/** `If-Match`: `*`, or the versions it lists. A weak tag, and one that is not ours, matches nothing and is left out (RFC 9110, 13.1.1). */
function readIfMatch(header: string | undefined, errors: FieldError[]): IfMatch | undefined {
  if (header === undefined) return undefined
  if (header.trim() === '*') return '*'
  if (!tagListForm.test(header)) errors.push({ pointer: '/If-Match', code: 'format', detail: 'must be entity tags such as "7", parted by commas, or *' })
  const tags = [...header.matchAll(/(W\/)?"([^"]*)"/g)]
  return tags.flatMap(([, weak, tag]) => (weak === undefined && /^[1-9]\d{0,14}$/.test(tag!) ? [Number(tag)] : []))
}

function readIdempotencyKey(header: string | string[] | undefined, errors: FieldError[]): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && /^[\x20-\x7e]{1,255}$/.test(header)) return header
  errors.push({ pointer: '/Idempotency-Key', code: 'format', detail: 'must be 1 to 255 printable ASCII characters' })
  return undefined
}
