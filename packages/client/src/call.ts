import type { Operation, ServiceName } from '@alcove/contracts'
import { demoClockHeaders, DependencyError } from '@alcove/kit'
import type { Callee } from './callee.ts'
import type { CallAnswer, CallOptions, ServiceClient } from './client.ts'
import { exchangeText, type CollectedAnswer, type ExchangeRequest } from './exchange.ts'
import { CutShortError } from './faults.ts'
import { observeTry, type Observers } from './observe.ts'
import { toCalleeError } from './problem.ts'
import { allot, toBudgetHeader } from './time-budget.ts'
import { compilePath } from './url.ts'

export interface CallerDeps extends Observers {
  self: ServiceName
  getCallee(name: ServiceName): Callee
  readToken(callee: ServiceName): string
}

interface Asked {
  operation: Operation
  input: { params?: unknown; query?: unknown; body?: unknown }
  options: CallOptions
  /** How many tries came before this one. */
  resends: number
}

/** Makes `ServiceClient.call`. */
export function createCaller(deps: CallerDeps): ServiceClient['call'] {
  const paths = new WeakMap<Operation, ReturnType<typeof compilePath>>()

  function buildPath({ operation, input }: Asked): string {
    let path = paths.get(operation)
    if (!path) paths.set(operation, (path = compilePath(operation.path)))
    return path(input.params, input.query)
  }

  function buildRequest(asked: Asked, traceparent: string | undefined): ExchangeRequest {
    const { operation, input, options } = asked
    const { service: callee, method } = operation
    const { timeoutMs, timeoutCounts } = allot(options)
    if (timeoutMs <= 0) throw new CutShortError(callee, false)
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers, 'x-service-name': deps.self, ...demoClockHeaders() }
    headers['x-request-deadline-ms'] = toBudgetHeader(timeoutMs)
    const token = operation.access === 'service' ? deps.readToken(callee) : findToken(callee)
    if (token !== undefined) headers['x-service-authorization'] = `Bearer ${token}`
    if (options.userToken !== undefined) headers.authorization = `Bearer ${options.userToken}`
    if (options.requestId !== undefined) headers['x-request-id'] = options.requestId
    if (traceparent !== undefined) headers.traceparent = traceparent
    const body = input.body === undefined ? null : JSON.stringify(input.body)
    if (body !== null) headers['content-type'] = 'application/json'
    return { callee, method, path: buildPath(asked), headers, body, timeoutMs, timeoutCounts, signal: options.signal }
  }

  /** On behalf of a person the person's token opens the route; ours only says that no stranger asks. */
  function findToken(callee: ServiceName): string | undefined {
    try {
      return deps.readToken(callee)
    } catch {
      return undefined
    }
  }

  async function send(callee: Callee, request: ExchangeRequest, service: boolean): Promise<CollectedAnswer> {
    const answer = await exchangeText(callee.pool, { ...request, onOver: callee.enter() })
    if (answer.status >= 500) throw toCalleeError(callee.name, answer, service)
    return answer
  }

  async function attempt(callee: Callee, asked: Asked): Promise<CollectedAnswer> {
    const { operation, options, resends } = asked
    const { path: template, access } = operation
    return observeTry(deps, { callee: callee.name, template, traceparent: options.traceparent, resends }, async (traceparent) => {
      const request = buildRequest(asked, traceparent)
      return callee.breaker.run(() => send(callee, request, access === 'service'))
    })
  }

  async function call(operation: Operation, input: Asked['input'] = {}, options: CallOptions = {}): Promise<CallAnswer<Operation>> {
    const callee = deps.getCallee(operation.service)
    const asked = { operation, input, options, resends: 0 }
    let answer: CollectedAnswer
    try {
      answer = await attempt(callee, asked)
    } catch (error) {
      const pauseMs = 25 + Math.random() * 75
      if (!isWorthRetrying(asked, error) || !isTimeFor(pauseMs, options) || !callee.mayRetry()) throw error
      await pause(pauseMs)
      answer = await attempt(callee, { ...asked, resends: 1 }).catch((again: unknown) => {
        throw withMemoryOf(error as DependencyError, again)
      })
    }
    if (answer.status < 200 || answer.status >= 300) throw toCalleeError(callee.name, answer, operation.access === 'service')
    return { status: answer.status, body: parseBody(callee.name, answer), headers: answer.headers } as CallAnswer<Operation>
  }

  return call as ServiceClient['call']
}

/** A refused connection is worth another try for any request; a broken one only where repeating changes nothing. Timeouts never are: the time is gone. */
function isWorthRetrying(asked: Asked, error: unknown): boolean {
  if (!(error instanceof DependencyError)) return false
  return error.reason === 'refused' || (error.reason === 'reset' && isRepeatable(asked))
}

/** Safe or idempotent by its method (RFC 9110, 9.2), or a POST that carries the key by which its callee knows a repeat. */
function isRepeatable({ operation, options }: Asked): boolean {
  if (operation.method === 'POST') return operation.idempotent === true && options.headers?.['idempotency-key'] !== undefined
  return operation.method !== 'PATCH'
}

function isTimeFor(pauseMs: number, { deadline, signal }: CallOptions): boolean {
  return signal?.aborted !== true && (deadline === undefined || deadline.remainingMs() > pauseMs)
}

/** A second try that was certainly not sent says nothing of the first one, which may have been carried out. */
function withMemoryOf(first: DependencyError, error: unknown): unknown {
  if (!first.sent || !(error instanceof DependencyError) || error.sent) return error
  const { callee, reason, retryAfterSeconds, calleeStatus } = error
  return new DependencyError(callee, { sent: true, reason, retryAfterSeconds, calleeStatus, cause: error })
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
