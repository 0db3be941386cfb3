import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import { Gauge, Histogram, type Registry } from 'prom-client'
import type { BreakerState } from './breaker.ts'

export interface ClientMetrics {
  /** `outcome`: a status class such as `2xx`, or a reason such as `open`. */
  observe(callee: ServiceName, outcome: string, seconds: number): void
  setState(callee: ServiceName, state: BreakerState): void
}

const states: readonly BreakerState[] = ['closed', 'open', 'half-open']

export function createClientMetrics(self: ServiceName, registry: Registry): ClientMetrics {
  const latency = new Histogram({
    name: 'client_request_duration_seconds',
    help: 'Time of calls to other services, by callee and status class or reason of failure',
    labelNames: ['callee', 'outcome'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const state = new Gauge({
    name: 'circuit_breaker_state',
    help: '1 for the state the breaker of that callee is in, 0 for the others',
    labelNames: ['caller', 'callee', 'state'],
    registers: [registry],
  })
  return {
    observe: (callee, outcome, seconds) => latency.observe({ callee, outcome }, seconds),
    setState(callee, current) {
      for (const each of states) state.set({ caller: self, callee, state: each }, each === current ? 1 : 0)
    },
  }
}

/** The label of an answer or failure: `2xx`, or the reason nothing usable came. */
export function outcomeOf(result: unknown): string {
  if (typeof result === 'number') return `${Math.floor(result / 100)}xx`
  if (!(result instanceof DependencyError)) return 'error'
  return result.reason === 'status' && result.calleeStatus ? `${Math.floor(result.calleeStatus / 100)}xx` : result.reason
}
