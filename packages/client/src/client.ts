import type { BodyOf, Operation, ParamsOf, QueryOf, ResponseOf, ServiceName } from '@alcove/contracts'
import { getNode } from '@alcove/graph'
import { serviceUrl, type BaseConfig, type Deadline, type Logger, type Registry, type Tracing } from '@alcove/kit'
import type { IncomingHttpHeaders } from 'node:http'
import { breakerDefaults, type BreakerSettings, type BreakerState } from './breaker.ts'
import { createCaller } from './call.ts'
import { createCallee, type Callee } from './callee.ts'
import type { AnswerSink } from './exchange.ts'
import { createForwarder } from './forward.ts'
import { createClientMetrics } from './metrics.ts'
import { ping } from './ping.ts'
import { createTokenReader } from './tokens.ts'

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

/** A request that is passed on as it came; `headers` are sent as they are, with the budget and the caller's token added. */
export interface ForwardRequest {
  method: string
  path: string
  /** The path with its parameters' names in place of values. */
  template: string
  traceparent: string
  headers: Record<string, string | string[]>
  body: Buffer | null
  timeoutMs: number
  signal?: AbortSignal
  /** Whether `timeoutMs` is the callee's own limit, and no client made it shorter: only then running into it says something about the callee. */
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
  /**
   * Passes a request on, its answer going to the sink as it comes. A GET or HEAD that was refused or broken off is sent again, twice at most and within the
   * retry budget. @throws {DependencyError} before the head came; {UnsendableRequestError} it cannot be sent as it is
   */
  forward(callee: ServiceName, request: ForwardRequest, sink: AnswerSink): Promise<number>
  /** Whether a service answers anything at all, whatever its breaker says. @throws {DependencyError} it does not */
  ping(callee: ServiceName, timeoutMs: number): Promise<void>
  breakers(): { callee: ServiceName; state: BreakerState }[]
  /** Opens or closes a breaker by hand, for test controls; false when there is none for that callee. */
  forceBreaker(callee: string, state: 'open' | 'closed'): boolean
  close(): Promise<void>
}

export interface ServiceClientOptions {
  self: ServiceName
  config: Pick<BaseConfig, 'SERVICE_TOKEN_DIR' | `${Uppercase<ServiceName>}_SERVICE_URL`>
  metrics: Registry
  log: Logger
  tracing?: Tracing
  breaker?: Partial<BreakerSettings>
  /** Requests in flight per callee (bulkhead and pool). */
  concurrencyMax?: number
  connectTimeoutMs?: number
}

/** The client of one service, with a pool, bulkhead and breaker for each callee the graph declares. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { self, config, log, tracing, concurrencyMax = 128, connectTimeoutMs = 1000 } = options
  const metrics = createClientMetrics(self, options.metrics)
  const breaker = { ...breakerDefaults, ...options.breaker }
  const callees = new Map<ServiceName, Callee>()
  for (const name of getNode(self).calls as ServiceName[]) {
    callees.set(name, createCallee({ name, url: serviceUrl(config, name), concurrencyMax, connectTimeoutMs, breaker, metrics, log }))
  }
  const getCallee = (name: ServiceName): Callee => {
    const callee = callees.get(name)
    if (callee) return callee
    metrics.refusedByGraph(name)
    throw new Error(`${self} does not declare that it calls ${name}: add it to service.yaml`)
  }
  const readToken = createTokenReader(config.SERVICE_TOKEN_DIR)
  return {
    call: createCaller({ self, getCallee, metrics, readToken, tracing }),
    forward: createForwarder({ getCallee, metrics, readToken, tracing }),
    ping: (name, timeoutMs) => ping(getCallee(name).name, serviceUrl(config, name), timeoutMs),
    breakers: () => [...callees.values()].map((callee) => ({ callee: callee.name, state: callee.breaker.state() })),
    forceBreaker(name, state) {
      const callee = callees.get(name as ServiceName)
      callee?.breaker.force(state)
      return callee !== undefined
    },
    async close() {
      await Promise.all([...callees.values()].map((callee) => callee.close()))
    },
  }
}
