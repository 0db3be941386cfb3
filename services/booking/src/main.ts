import { createServiceClient, type ServiceClient } from '@alcove/client'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { defineKillPoints, runService, type BaseConfig, type Registry } from '@alcove/kit'
import type { Pool } from 'pg'
import { buildApp } from './app.ts'
import { createPayments } from './clients/payments.ts'
import { configSchema } from './config.ts'
import { createConsumers } from './consumers/consumers.ts'
import { createAuditedStore } from './db/audited-store.ts'
import { createAttemptReader } from './db/booking-reader.ts'
import { eventEffects } from './db/event-effects.ts'
import { createPrisma } from './db/prisma.ts'
import { createSweeps, createTwoPhaseStore } from './db/sweeps.ts'
import { createAppDeps } from './deps.ts'
import { createBackgroundWork } from './domain/background-work.ts'
import { bookingKillPoints } from './domain/kill-points.ts'
import { settleDeactivations } from './domain/settle-deactivations.ts'
import { createBookingSweeps } from './jobs/booking-sweeps.ts'
import { createBookingMetrics } from './metrics.ts'
import { migrations } from './migrations.ts'

defineKillPoints(bookingKillPoints)

await runService({
  name: 'booking',
  configSchema,
  build({ config, log, metrics: registry, clock, killPoints, authenticator, tracing }) {
    const pool = openPool(config, registry)
    const prisma = createPrisma(pool)
    const client = createServiceClient({ self: 'booking', config, metrics: registry, log, tracing })
    const now = () => clock.now()
    const reach = (name: string) => killPoints.reach(name)
    const wakeRelay = () => events.relay.wake()
    const background = createBackgroundWork((err) => log.warn({ err }, 'work begun by a request is left to a sweep'))
    const store = createAuditedStore(pool, wakeRelay)
    const payments = createPayments(client, (err) => log.error({ err }, 'payment refused an attempt for an odd reason'))
    const metrics = createBookingMetrics(registry)
    const sweeps = createSweeps(pool, wakeRelay)
    const deactivations = { ...createTwoPhaseStore(pool, 'deactivated_user'), cancelBookingsOf: sweeps.cancelBookingsOf, now }
    const sweepSoon = () => background.carryOn(settleDeactivations(deactivations, new AbortController().signal))
    const handlers = createConsumers({ ...eventEffects, wakeRelay, sweepSoon })
    const events = createEventParts({ service: 'booking', pool, config, log, tracing, metrics: registry, clock, killPoints, handlers })
    const settling = { store, payments, metrics, now, reach }
    const app = buildApp({
      ...createAppDeps({ pool, prisma, client, config }),
      ...settling,
      app: { service: 'booking', log, authenticator, clock, version: config.SERVICE_VERSION, metrics: registry },
      carryOn: background.carryOn,
    })
    const settle = { ...settling, ...createAttemptReader(pool), onFailure: (err: unknown) => log.warn({ err }, 'an attempt is asked again later') }
    const own = createBookingSweeps({ sweeps, now, settle, deactivations, closures: { ...createTwoPhaseStore(pool, 'closure'), now } })
    const jobs = createJobs({ pool, log, service: 'booking', sweeps: [...own, ...events.sweeps] })
    return {
      app,
      readiness: { database: async () => void (await pool.query('SELECT 1')), migrations: () => assertMigrated(pool, migrations) },
      status: async () => ({ ...(await events.status()), breakers: client.breakers() }),
      forceBreaker: client.forceBreaker,
      lifecycles: [
        jobs,
        // Accepted payments are seen through before the relay empties.
        { name: 'payments under way', phase: 'request', stop: () => background.settled() },
        ...events.lifecycles,
        // Prisma compiles its first query for a long moment: better now than in somebody's request.
        {
          name: 'database and clients',
          phase: 'adapter',
          start: () => prisma.bookingHistory.findFirst().then(ignore, ignore),
          stop: () => close(client, prisma, pool),
        },
      ],
    }
  },
})

// A declaration, for this stands below the awaited start.
function ignore(): void {}

function openPool(config: BaseConfig, metrics: Registry): Pool {
  return createPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    applicationName: 'booking',
    metrics,
  })
}

async function close(client: ServiceClient, prisma: { $disconnect: () => Promise<void> }, pool: Pool): Promise<void> {
  await prisma.$disconnect()
  await Promise.all([client.close(), pool.end()])
}
