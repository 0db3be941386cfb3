import type { ServiceName } from '@alcove/contracts'
import type { Registry } from '@alcove/kit'
import { Counter, Gauge } from 'prom-client'
import type { StaleAnswers } from './stale-answers.ts'

export interface EdgeMetrics {
  countStale(callee: ServiceName): void
}

/** What only the gateway counts. */
export function createEdgeMetrics(registry: Registry, answers: StaleAnswers): EdgeMetrics {
  const stale = new Counter({
    name: 'alcove_gateway_stale_answers_total',
    help: 'Reads answered with what the service answered before, because it was away',
    labelNames: ['callee'],
    registers: [registry],
  })
  new Gauge({
    name: 'alcove_gateway_kept_answers_bytes',
    help: 'Memory that answers kept for the absence of their service take',
    registers: [registry],
    collect() {
      this.set(answers.bytes())
    },
  })
  return { countStale: (callee) => stale.inc({ callee }) }
}
