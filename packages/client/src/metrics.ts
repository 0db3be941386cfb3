import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { BreakerState } from './breaker.ts'

export interface ClientMetrics {
  /** `outcome`: a status class such as `2xx`, or a reason such as `open`. */
  observe(callee: ServiceName, outcome: string, seconds: number): void
  setState(callee: ServiceName, state: BreakerState): void
  /** A call that never left: the graph does not declare it. Breaker and bulkhead are counted by {@link observe}. */
  refusedByGraph(callee: ServiceName): void
  /** A call that was worth another try; `made` is false when the retry budget did not allow it. */
  retried(callee: ServiceName, made: boolean): void
  /** Asked at each look at the metrics. */
  watchInFlight(callee: ServiceName, count: () => number): void
}

const refusers: Readonly<Record<string, string>> = { open: 'breaker', bulkhead: 'bulkhead' }

const states: readonly BreakerState[] = ['closed', 'open', 'half-open']

export function createClientMetrics(self: ServiceName, registry: Registry): ClientMetrics {
  const latency = new Histogram({
    name: 'alcove_client_request_duration_seconds',
    help: 'Time of calls to other services, by callee and status class or reason of failure',
    labelNames: ['callee', 'outcome'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const state = new Gauge({
    name: 'alcove_circuit_breaker_state',
    help: '1 for the state the breaker of that callee is in, 0 for the others',
    labelNames: ['caller', 'callee', 'state'],
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'alcove_client_refusals_total',
    help: 'Calls that were not made, by what refused them: breaker, bulkhead or graph',
    labelNames: ['callee', 'by'],
    registers: [registry],
  })
  const retries = new Counter({
    name: 'alcove_client_retries_total',
    help: 'Failed calls worth another try, by whether the retry budget allowed it: made or over-budget',
    labelNames: ['callee', 'outcome'],
    registers: [registry],
  })
  const inFlight = watchInFlight(registry)
  return {
    observe(callee, outcome, seconds) {
      latency.observe({ callee, outcome }, seconds)
      const by = refusers[outcome]
      if (by) refusals.inc({ callee, by })
    },
    refusedByGraph: (callee) => refusals.inc({ callee, by: 'graph' }),
    retried: (callee, made) => retries.inc({ callee, outcome: made ? 'made' : 'over-budget' }),
    watchInFlight: (callee, count) => void inFlight.set(callee, count),
    setState(callee, current) {
      for (const each of states) state.set({ caller: self, callee, state: each }, each === current ? 1 : 0)
    },
  }
}

function watchInFlight(registry: Registry): Map<ServiceName, () => number> {
  const counts = new Map<ServiceName, () => number>()
  new Gauge({
    name: 'alcove_client_requests_in_flight',
    help: 'Calls under way, by callee: places of the bulkhead that are taken',
    labelNames: ['callee'],
    registers: [registry],
    collect() {
      for (const [callee, count] of counts) this.set({ callee }, count())
    },
  })
  return counts
}

/** The label of an answer or failure: `2xx`, or the reason nothing usable came. */
export function outcomeOf(result: unknown): string {
  if (typeof result === 'number') return `${Math.floor(result / 100)}xx`
  if (!(result instanceof DependencyError)) return 'error'
  return result.reason === 'status' && result.calleeStatus ? `${Math.floor(result.calleeStatus / 100)}xx` : result.reason
}
