import type { Registry } from '@alcove/kit'
import { Counter } from 'prom-client'
import type { Metrics } from './domain/ports.ts'

/** Claims by kind (their rate is claims per second), refusals by reason, settled payment attempts by end. */
export function createBookingMetrics(registry: Registry): Metrics {
  const claims = new Counter({ name: 'alcove_booking_claims_total', help: 'Claims made', labelNames: ['kind'], registers: [registry] })
  const refusals = new Counter({ name: 'alcove_booking_refusals_total', help: 'Requests refused', labelNames: ['reason'], registers: [registry] })
  const settled = new Counter({ name: 'alcove_booking_attempts_settled_total', help: 'Payment attempts settled', labelNames: ['end'], registers: [registry] })
  return {
    claimed: (kind) => claims.inc({ kind }),
    refused: (reason) => refusals.inc({ reason }),
    settled: (end) => settled.inc({ end }),
  }
}
