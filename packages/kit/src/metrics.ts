import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export { Registry }

/** A registry with the process's own figures; every process has exactly one. */
export function createMetrics(options: { service: string; defaults?: boolean }): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service: options.service })
  if (options.defaults !== false) collectDefaultMetrics({ register: registry })
  return registry
}

/** Rate, errors and duration of answered requests by route template: one observation a request. */
export function requestHistogram(registry: Registry): Histogram<'method' | 'route' | 'status'> {
  const name = 'http_request_duration_seconds'
  const existing = registry.getSingleMetric(name)
  if (existing) return existing as Histogram<'method' | 'route' | 'status'>
  return new Histogram({
    name,
    help: 'Time from the first byte of a request to the end of its answer, by route template',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
}
