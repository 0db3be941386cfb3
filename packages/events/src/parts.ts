import type { ServiceStatus } from '@alcove/contracts'
import type { Clock, KillPoints, Lifecycle, Logger } from '@alcove/kit'
import type { Pool } from 'pg'
import type { Registry } from 'prom-client'
import { createConsumer, type Consumer } from './consumer.ts'
import { createTransport, type TransportConfig } from './create-transport.ts'
import type { Handler } from './handlers.ts'
import { createRelay, type Relay } from './relay.ts'
import { retentionSweep } from './retention.ts'
import type { Transport } from './transport.ts'

/** Options of {@link createEventParts}. */
export interface EventPartsOptions {
  service: string
  pool: Pool
  config: TransportConfig
  log: Logger
  metrics: Registry
  clock: Clock
  killPoints?: Pick<KillPoints, 'reach'>
  handlers?: readonly Handler[]
  togetherMax?: number
  concurrency?: number
}

/** Relay and consumer of a service, ready to be given to `runService`. */
export interface EventParts {
  transport: Transport
  relay: Relay
  consumer: Consumer
  /** Relay, consumer, transport: to stand in `ServiceParts.lifecycles`. */
  lifecycles: Lifecycle[]
  /** Members of the service's own status. */
  status(): Promise<Pick<ServiceStatus, 'consumerLag' | 'outboxAgeSeconds' | 'deadLetters'>>
  /** For `createJobs`. */
  sweeps: ReturnType<typeof retentionSweep>[]
}

/** Everything a service with a database needs for its events. */
export function createEventParts(options: EventPartsOptions): EventParts {
  const { service, pool, log, metrics, killPoints } = options
  const transport = createTransport(options.config, log)
  const relay = createRelay({ pool, transport, service, log, metrics, killPoints })
  const consumer = createConsumer({ ...options, handlers: options.handlers ?? [], transport })
  return {
    transport,
    relay,
    consumer,
    lifecycles: [relay, consumer, { name: 'event transport', phase: 'broker', stop: () => transport.close() }],
    status: async () => ({ consumerLag: await consumer.lag(), outboxAgeSeconds: await relay.ageSeconds(), deadLetters: await consumer.deadLetterCount() }),
    sweeps: [retentionSweep(pool, transport)],
  }
}
