import { auditingServices, type AuditingService, type ConsumingService, type ServiceStatus, type Topic } from '@alcove/contracts'
import { getNode } from '@alcove/graph'
import { runChecks, type Clock, type KillPoints, type Lifecycle, type Logger, type Tracing } from '@alcove/kit'
import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'
import { createConsumer, type Consumer } from './consumer.ts'
import { createTransport, type TransportConfig } from './create-transport.ts'
import { addAuditSourceRoute, forgetAuditSources } from './audit.ts'
import { addDeadLetterRoutes } from './dead-letter-routes.ts'
import { assertSubscriptions, countHandled, restrictTransport } from './declared.ts'
import type { Handler } from './handlers.ts'
import { createRelay, type Relay } from './relay.ts'
import { retentionSweep } from './retention.ts'
import { createEventTracing } from './tracing.ts'
import type { Transport } from './transport.ts'

/** Options of {@link createEventParts}. */
export interface EventPartsOptions {
  service: string
  pool: Pool
  config: TransportConfig & { AUDIT_SOURCE_DAYS: number }
  log: Logger
  metrics: Registry
  clock: Clock
  killPoints?: Pick<KillPoints, 'reach'>
  tracing?: Tracing
  handlers?: readonly Handler[]
  togetherMax?: number
}

/** Relay and consumer of a service, ready to be given to `runService`. */
export interface EventParts {
  transport: Transport
  relay: Relay
  consumer: Consumer
  /** Relay, consumer, transport, and the routes of dead letters: to stand in `ServiceParts.lifecycles`. */
  lifecycles: Lifecycle[]
  /** Members of the service's own status; a figure that cannot be had while the transport or the database is away is 0, and the checks say so. */
  status(): Promise<Pick<ServiceStatus, 'checks' | 'consumerLag' | 'outboxAgeSeconds' | 'deadLetters'>>
  /** For `createJobs`. */
  sweeps: ReturnType<typeof retentionSweep>[]
}

/**
 * Everything a service with a database needs for its events.
 * @throws where the handlers are not what `service.yaml` declares
 */
export function createEventParts(options: EventPartsOptions): EventParts {
  const { service, pool, log, metrics, killPoints } = options
  assertSubscriptions(service, options.handlers ?? [])
  const handlers = countHandled(options.handlers ?? [], metrics)
  const transport = restrictTransport(service, createTransport(options.config, service, log))
  const tracing = options.tracing && createEventTracing(options.tracing, options.config.EVENT_TRANSPORT === 'kafka' ? 'kafka' : 'alcove-log')
  const relay = createRelay({ pool, transport, service, log, metrics, killPoints, tracing })
  const consumer = createConsumer({ ...options, handlers, transport, tracing })
  registerTransport(metrics, options.config.EVENT_TRANSPORT, () => transport.check())
  return {
    transport,
    relay,
    consumer,
    lifecycles: [
      relay,
      consumer,
      { name: 'event transport', phase: 'broker', stop: () => transport.close() },
      ...(handlers.length > 0 ? [createDeadLetterRoutes({ ...options, handlers }, () => relay.wake())] : []),
      ...createAuditSources(service, pool),
    ],
    async status() {
      const asked = [read(() => consumer.lag()), read(() => relay.ageSeconds()), read(() => consumer.deadLetterCount())] as const
      const [checks, consumerLag, outboxAgeSeconds, deadLetters] = await Promise.all([runChecks({ transport: () => transport.check() }), ...asked])
      return { checks, consumerLag, outboxAgeSeconds, deadLetters }
    },
    sweeps: [retentionSweep(pool, transport, () => forgetAuditSources(pool, options.config.AUDIT_SOURCE_DAYS))],
  }
}

/** Asked at each look at the metrics, also where no event waits: an idle service says as early as a busy one that the broker is away. */
function registerTransport(registry: Registry, kind: string, check: () => Promise<void>): void {
  new Gauge({
    name: 'alcove_event_transport_up',
    help: '1 while what carries events answers this process; kind is kafka or embedded',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      const { transport } = await runChecks({ transport: check })
      this.set({ kind }, transport?.ok ? 1 : 0)
    },
  })
}

const readTimeoutMs = 2000

async function read(ask: () => Promise<number>): Promise<number> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('no answer in time')), readTimeoutMs)
  return Promise.race([ask(), late])
    .catch(() => 0)
    .finally(() => clearTimeout(timer))
}

function createAuditSources(service: string, pool: Pool): Lifecycle[] {
  if (!auditingServices.some((name) => name === service)) return []
  return [{ name: 'audit sources', phase: 'request', addRoutes: (app) => addAuditSourceRoute(app, service as AuditingService, pool) }]
}

function createDeadLetterRoutes(options: EventPartsOptions & { handlers: readonly Handler[] }, wakeRelay: () => void): Lifecycle {
  const { service } = options
  return {
    name: 'dead letters',
    phase: 'request',
    addRoutes: (app) => addDeadLetterRoutes(app, service as ConsumingService, { ...options, topic: getNode(service).produces as Topic, wakeRelay }),
  }
}
