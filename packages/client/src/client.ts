import type { BodyOf, Operation, ParamsOf, QueryOf, ResponseOf, ServiceName } from '@alcove/contracts'
import { getNode, isDeclaredCall } from '@alcove/graph'
import { DependencyError, serviceUrl, type BaseConfig, type Deadline, type Logger, type Registry } from '@alcove/kit'
import type { IncomingHttpHeaders } from 'node:http'
import { breakerDefaults, markInconclusive, type BreakerSettings, type BreakerState } from './breaker.ts'
import { createCallee, type Callee } from './callee.ts'
import { exchange, exchangeText, type AnswerSink, type CollectedAnswer, type ExchangeRequest } from './exchange.ts'
import { createClientMetrics } from './metrics.ts'
import { toCalleeError } from './problem.ts'
import { createTokenReader } from './tokens.ts'
import { compilePath } from './url.ts'

export interface CallOptions {
  deadline?: Deadline
  signal?: AbortSignal
  requestId?: string
  traceparent?: string
  /** Of one attempt; default 5,000, never beyond the deadline. */
  timeoutMs?: number
  headers?: Record<string, string>
  /** For operations of people, called on behalf of one. */
  userToken?: string
}

type PartOf<K extends string, V> = undefined extends V ? { [P in K]?: V } : { [P in K]: V }
export type CallInput<O extends Operation> = PartOf<'params', ParamsOf<O>> & PartOf<'body', BodyOf<O>> & { query?: QueryOf<O> }
export type CallAnswer<O extends Operation> = ResponseOf<O> & { headers: IncomingHttpHeaders }

/** A request that is passed on as it came; `headers` are sent as they are. */
export interface ForwardRequest {
  method: string
  path: string
  headers: Record<string, string | string[]>
  body: Buffer | null
  timeoutMs: number
  signal?: AbortSignal
  /** Whether running into `timeoutMs` says something about the callee, and not about a client that gave it little time. */
  timeoutCounts: boolean
}

/** Calls other services: the only way one service reaches another. */
export interface ServiceClient {
  /**
   * Calls an operation. Safe requests are tried once more when that is cheap; an unsafe one only if it certainly was not sent.
   * @throws {DependencyError} no usable answer; `sent: false` means it was certainly not carried out
   * @throws {CalleeProblem} the callee answered 4xx
   */
  call<const O extends Operation>(operation: O, input?: CallInput<O>, options?: CallOptions): Promise<CallAnswer<O>>
  /** Passes a request on, its answer going to the sink as it comes. @throws {DependencyError} before the head came */
  forward(callee: ServiceName, request: ForwardRequest, sink: AnswerSink): Promise<number>
  breakers(): { callee: ServiceName; state: BreakerState }[]
  close(): Promise<void>
}

export interface ServiceClientOptions {
  self: ServiceName
  config: Pick<BaseConfig, 'SERVICE_TOKEN_DIR' | `${Uppercase<ServiceName>}_SERVICE_URL`>
  metrics: Registry
  log: Logger
  breaker?: Partial<BreakerSettings>
  /** Requests in flight per callee (bulkhead and pool). */
  concurrencyMax?: number
  connectTimeoutMs?: number
}

/** The client of one service, with a pool, bulkhead and breaker for each callee the graph declares. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { self, config, log, concurrencyMax = 128, connectTimeoutMs = 1000 } = options
  const metrics = createClientMetrics(self, options.metrics)
  const breaker = { ...breakerDefaults, ...options.breaker }
  const callees = new Map<ServiceName, Callee>()
  for (const name of getNode(self).calls as ServiceName[]) {
    callees.set(name, createCallee(name, { url: serviceUrl(config, name), concurrencyMax, connectTimeoutMs, breaker }, metrics, log))
  }
  const readToken = createTokenReader(config.SERVICE_TOKEN_DIR)
  const paths = new WeakMap<Operation, ReturnType<typeof compilePath>>()

  function getCallee(name: ServiceName): Callee {
    const callee = callees.get(name)
    if (!callee || !isDeclaredCall(self, name)) throw new Error(`${self} does not declare that it calls ${name}: add it to service.yaml`)
    return callee
  }

  function buildRequest(operation: Operation, input: AnyInput, given: CallOptions): ExchangeRequest {
    let path = paths.get(operation)
    if (!path) paths.set(operation, (path = compilePath(operation.path)))
    const timeoutMs = allotMs(given)
    if (timeoutMs <= 0) throw new DependencyError(operation.service, { sent: false, reason: 'timeout' })
    const headers: Record<string, string> = { accept: 'application/json', 'x-service-name': self, ...given.headers }
    headers['x-request-deadline-ms'] = String(Math.max(1, Math.floor(timeoutMs - marginMs(timeoutMs))))
    if (operation.access === 'service') headers['x-service-authorization'] = `Bearer ${readToken(operation.service)}`
    if (given.userToken !== undefined) headers.authorization = `Bearer ${given.userToken}`
    if (given.requestId !== undefined) headers['x-request-id'] = given.requestId
    if (given.traceparent !== undefined) headers.traceparent = given.traceparent
    const body = input.body === undefined ? null : JSON.stringify(input.body)
    if (body !== null) headers['content-type'] = 'application/json'
    const { service: callee, method } = operation
    return { callee, method, path: path(input.params, input.query), headers, body, timeoutMs, signal: given.signal }
  }

  async function attempt(callee: Callee, operation: Operation, request: ExchangeRequest): Promise<CollectedAnswer> {
    const startedAt = performance.now()
    let outcome = 'open'
    try {
      return await callee.breaker.run(async () => {
        outcome = 'bulkhead'
        const answer = await exchangeText(callee.pool, request, callee.enter()).catch((error: unknown) => {
          throw isTimeout(error) && request.timeoutMs < judgedFromMs ? markInconclusive(error) : error
        })
        outcome = `${Math.floor(answer.status / 100)}xx`
        if (answer.status >= 500) throw toCalleeError(callee.name, answer, operation.access === 'service')
        return answer
      })
    } catch (error) {
      if (error instanceof DependencyError && error.reason !== 'status') outcome = error.reason
      throw error
    } finally {
      metrics.observe(callee.name, outcome, (performance.now() - startedAt) / 1000)
    }
  }

  async function call(operation: Operation, input: AnyInput = {}, given: CallOptions = {}): Promise<CallAnswer<Operation>> {
    const callee = getCallee(operation.service)
    let answer: CollectedAnswer
    try {
      answer = await attempt(callee, operation, buildRequest(operation, input, given))
    } catch (error) {
      if (!isWorthRetrying(operation, error) || !callee.mayRetry()) throw error
      await pause(25 + Math.random() * 75)
      answer = await attempt(callee, operation, buildRequest(operation, input, given))
    }
    if (answer.status < 200 || answer.status >= 300) throw toCalleeError(callee.name, answer, operation.access === 'service')
    return { status: answer.status, body: parseBody(callee.name, answer), headers: answer.headers } as CallAnswer<Operation>
  }

  return {
    call: call as ServiceClient['call'],
    async forward(name, request, sink) {
      const callee = getCallee(name)
      const startedAt = performance.now()
      let outcome = 'open'
      try {
        return await callee.breaker.run(async () => {
          outcome = 'bulkhead'
          const leave = callee.enter()
          const status = await exchange(callee.pool, { ...request, callee: name }, sink, leave).catch((error: unknown) => {
            throw request.timeoutCounts || !isTimeout(error) ? error : markInconclusive(error)
          })
          outcome = `${Math.floor(status / 100)}xx`
          return status
        })
      } catch (error) {
        if (error instanceof DependencyError) outcome = error.reason
        throw error
      } finally {
        metrics.observe(name, outcome, (performance.now() - startedAt) / 1000)
      }
    },
    breakers: () => [...callees.values()].map((callee) => ({ callee: callee.name, state: callee.breaker.state() })),
    async close() {
      await Promise.all([...callees.values()].map((callee) => callee.close()))
    },
  }
}

type AnyInput = { params?: unknown; query?: unknown; body?: unknown }

const timeoutDefaultMs = 5000
/** A timeout shorter than this came from the caller's budget and says nothing about the callee. */
const judgedFromMs = 1000

/** What is kept back of a time budget so that an answer about a callee's failure still arrives within it. */
export function marginMs(budgetMs: number): number {
  return Math.min(100, budgetMs * 0.1)
}

function allotMs({ timeoutMs = timeoutDefaultMs, deadline }: CallOptions): number {
  if (!deadline) return timeoutMs
  const remaining = deadline.remainingMs()
  return Math.min(timeoutMs, remaining - marginMs(remaining))
}

function isTimeout(error: unknown): boolean {
  return error instanceof DependencyError && error.reason === 'timeout'
}

/** A refused connection is worth another try for any request; a broken one only where repeating changes nothing. Timeouts never are: the time is gone. */
function isWorthRetrying(operation: Operation, error: unknown): boolean {
  if (!(error instanceof DependencyError)) return false
  if (error.reason === 'refused') return true
  return error.reason === 'reset' && (operation.method === 'GET' || operation.method === 'PUT' || operation.idempotent === true)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function parseBody(callee: ServiceName, answer: CollectedAnswer): unknown {
  if (answer.text === '') return undefined
  if (!answer.headers['content-type']?.includes('json')) return answer.text
  try {
    return JSON.parse(answer.text)
  } catch (cause) {
    throw new DependencyError(callee, { sent: true, reason: 'status', calleeStatus: answer.status, cause })
  }
}
