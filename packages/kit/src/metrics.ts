import { getHeapStatistics } from 'node:v8'
import { graph } from '@alcove/graph'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export { Registry }

/** A registry with the process's own figures; every process has exactly one. */
export function createMetrics(options: { service: string; version?: string; defaults?: boolean }): Registry {
  const { service, version = 'unknown' } = options
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  if (options.defaults !== false) {
    collectDefaultMetrics({ register: registry })
    addProcessMetrics(registry, version)
  }
  return registry
}

/** What the library's own figures are measured against, and which build runs. */
function addProcessMetrics(registry: Registry, version: string): void {
  const registers = [registry]
  const build = new Gauge({ name: 'alcove_build_info', help: 'Always 1; the labels say which build runs', labelNames: ['version', 'node'], registers })
  build.set({ version, node: process.versions.node }, 1)
  new Gauge({
    name: 'alcove_heap_limit_bytes',
    help: 'Heap at which the runtime gives up',
    registers,
    collect() {
      this.set(getHeapStatistics().heap_size_limit)
    },
  })
  // Without a control group the runtime answers 0, or a number beyond any machine: then there is no limit to come near to.
  const limit = process.constrainedMemory()
  new Gauge({ name: 'alcove_memory_limit_bytes', help: 'Memory that the container may use; +Inf where there is no limit', registers }).set(
    limit > 0 && limit < Number.MAX_SAFE_INTEGER ? limit : Number.POSITIVE_INFINITY,
  )
}

const bucketsSeconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Every latency objective of the graph is a boundary of its own: what keeps it is counted, not interpolated. */
const requestBuckets = [...new Set([...bucketsSeconds, ...graph.map(({ objectives }) => objectives.latencyP99Ms / 1000)])].sort((one, other) => one - other)

/** Rate, errors and duration of answered requests by route template: one observation a request. */
export function requestHistogram(registry: Registry): Histogram<'method' | 'route' | 'status' | 'trace_id'> {
  const name = 'http_request_duration_seconds'
  const existing = registry.getSingleMetric(name)
  if (existing) return existing as Histogram<'method' | 'route' | 'status' | 'trace_id'>
  const histogram = new Histogram({
    name,
    help: 'Time from the first byte of a request to the end of its answer, by route template',
    labelNames: ['method', 'route', 'status'],
    buckets: requestBuckets,
    enableExemplars: true,
    // Registered afterwards: the library takes exemplars only to a registry that always answers OpenMetrics; in the other form it leaves them out.
    registers: [],
  })
  registry.registerMetric(histogram)
  return histogram
}

/** Well below the ten seconds that Prometheus gives a whole scrape. */
const figureMs = 3000

/**
 * A figure that a database or a broker has to be asked for; NaN where it does not come within 3 s. Whoever hangs must not take every other
 * figure of the process along: without any it would look gone.
 */
export async function readFigure(ask: () => Promise<number>): Promise<number> {
  const { promise: late, resolve } = Promise.withResolvers<number>()
  const timer = setTimeout(resolve, figureMs, Number.NaN)
  return Promise.race([ask(), late])
    .catch(() => Number.NaN)
    .finally(() => clearTimeout(timer))
}

/** The OpenMetrics form: the only one that carries exemplars. Labels and figures are those of the registry. */
export async function renderOpenMetrics(registry: Registry): Promise<{ contentType: string; text: string }> {
  const contentType = Registry.OPENMETRICS_CONTENT_TYPE
  // The library renames counters for good while it renders them in this form; it gets views of them that it may rename.
  const views = registry.getMetricsAsArray().map((metric) => Object.create(metric) as typeof metric)
  const open = Object.create(registry, { contentType: { value: contentType }, getMetricsAsArray: { value: () => views } }) as Registry
  return { contentType, text: await open.metrics() }
}
