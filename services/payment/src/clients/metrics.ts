import { Histogram, type Registry } from 'prom-client'

/** Told of every call to the provider: `ok`, `unavailable` (no usable answer), `open` (the breaker sent nothing) or `error`. */
export type ObserveProviderCall = (operation: string, outcome: 'ok' | 'unavailable' | 'open' | 'error', seconds: number) => void

/** Time of calls to the payment provider, beside what the client package says of calls to services. */
export function createProviderMetrics(registry: Registry): ObserveProviderCall {
  const latency = new Histogram({
    name: 'alcove_provider_request_duration_seconds',
    help: 'Time of calls to the payment provider, by operation and outcome',
    labelNames: ['operation', 'outcome'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return (operation, outcome, seconds) => latency.observe({ operation, outcome }, seconds)
}
