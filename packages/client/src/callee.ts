import type { ServiceName } from '@alcove/contracts'
import { connectionIdleMs, DependencyError, type Logger } from '@alcove/kit'
import { Pool } from 'undici'
import { createBreaker, type Breaker, type BreakerSettings } from './breaker.ts'
import type { ClientMetrics } from './metrics.ts'

/** One called service: its connections, its bulkhead, its breaker. */
export interface Callee {
  name: ServiceName
  pool: Pool
  breaker: Breaker
  /** Takes a place in the bulkhead. @throws {DependencyError} `bulkhead`, unsent, when all are taken */
  enter(): () => void
  /** Lets a retry through while retries are few among the calls. */
  mayRetry(): boolean
  close(): Promise<void>
}

export interface CalleeOptions {
  name: ServiceName
  metrics: ClientMetrics
  log: Logger
  url: string
  concurrencyMax: number
  connectTimeoutMs: number
  breaker: BreakerSettings
}

const retryBudgetMax = 5
/** One retry may follow ten calls: beyond what was saved up, retries never add more than a tenth to a callee's load. */
const retryBudgetPerCall = 0.1

export function createCallee(options: CalleeOptions): Callee {
  const { name, metrics, log } = options
  const pool = new Pool(options.url, {
    connections: options.concurrencyMax,
    pipelining: 1,
    // Far shorter than any server's keep-alive, and half of what a draining one waits: the client closes idle connections first, always.
    keepAliveTimeout: connectionIdleMs,
    keepAliveMaxTimeout: connectionIdleMs,
    connect: { timeout: options.connectTimeoutMs },
  })
  metrics.setState(name, 'closed')
  const breaker = createBreaker(name, options.breaker, (state) => {
    metrics.setState(name, state)
    log.warn({ callee: name, state }, 'breaker changed')
  })
  let inside = 0
  let retries = retryBudgetMax
  metrics.watchInFlight(name, () => inside)
  return {
    name,
    pool,
    breaker,
    enter() {
      if (inside >= options.concurrencyMax) throw new DependencyError(name, { sent: false, reason: 'bulkhead', retryAfterSeconds: 1 })
      inside += 1
      retries = Math.min(retryBudgetMax, retries + retryBudgetPerCall)
      return () => {
        inside -= 1
      }
    },
    mayRetry() {
      const may = retries >= 1 && breaker.state() === 'closed'
      metrics.retried(name, may)
      // Less what it will put back when it enters: only first tries earn.
      if (may) retries -= 1 + retryBudgetPerCall
      return may
    },
    async close() {
      breaker.close()
      await pool.close()
    },
  }
}
