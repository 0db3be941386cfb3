import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createServiceClient } from '@alcove/client'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts, eventsMigrations } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { defineKillPoints, newId, runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { createPayments } from './clients/payments.ts'
import { createPersonSource } from './clients/people.ts'
import { createSpaceSource } from './clients/spaces.ts'
import { configSchema } from './config.ts'
import { onAccountDeactivated } from './consumers/on-account-deactivated.ts'
import { onClosureEvents } from './consumers/on-closure-event.ts'
import { onPaymentEvents } from './consumers/on-payment-event.ts'
import { createBookingLists } from './db/booking-list.ts'
import { createAttemptReader, createBookingReader } from './db/booking-reader.ts'
import { createBookingStore } from './db/booking-store.ts'
import { createClaimSource } from './db/claims.ts'
import { createInternalReads, eventEffects } from './db/event-effects.ts'
import { createPrisma } from './db/prisma.ts'
import { createSweeps, createTwoPhaseStore } from './db/sweeps.ts'
import { createBackgroundWork } from './domain/background-work.ts'
import { bookingKillPoints } from './domain/kill-points.ts'
import { toReference } from './domain/reference.ts'
import { settleDeactivations } from './domain/settle-deactivations.ts'
import { createBookingSweeps } from './jobs/booking-sweeps.ts'
import { createBookingMetrics } from './metrics.ts'

const migrations = [eventsMigrations, fileURLToPath(new URL('../prisma/migrations', import.meta.url))]
defineKillPoints(bookingKillPoints)

await runService({
  name: 'booking',
  configSchema,
  build({ config, log, metrics: registry, clock, killPoints, authenticator }) {
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'booking',
      metrics: registry,
    })
    const prisma = createPrisma(pool)
    const client = createServiceClient({ self: 'booking', config, metrics: registry, log })
    const now = () => clock.now()
    const reach = (name: string) => killPoints.reach(name)
    const wakeRelay = () => events.relay.wake()
    const background = createBackgroundWork((err) => log.warn({ err }, 'a payment is left to reconciliation'))
    const store = createBookingStore(pool, wakeRelay)
    const payments = createPayments(client, (err) => log.error({ err }, 'payment refused an attempt for an odd reason'))
    const metrics = createBookingMetrics(registry)
    const sweeps = createSweeps(pool, wakeRelay)
    const deactivations = { ...createTwoPhaseStore(pool, 'deactivated_user'), cancelBookingsOf: sweeps.cancelBookingsOf, now }
    const sweepSoon = () => background.carryOn(settleDeactivations(deactivations, new AbortController().signal))
    const events = createEventParts({
      service: 'booking',
      pool,
      config,
      log,
      metrics: registry,
      clock,
      killPoints,
      handlers: [
        ...onPaymentEvents({ notePayment: eventEffects.notePayment, wakeRelay }),
        onAccountDeactivated({ storeDeactivation: eventEffects.storeDeactivation, sweepSoon }),
        ...onClosureEvents(eventEffects),
      ],
    })
    const lists = createBookingLists(prisma)
    const app = buildApp({
      app: { service: 'booking', log, authenticator, clock, version: config.SERVICE_VERSION, metrics: registry },
      store,
      payments,
      metrics,
      now,
      newId,
      reach,
      carryOn: background.carryOn,
      newReferences: () => Array.from({ length: 4 }, () => toReference(randomBytes(8))),
      reader: createBookingReader(pool, prisma),
      people: createPersonSource(client),
      spaces: createSpaceSource(client),
      claims: createClaimSource(pool),
      ...lists,
      ...createInternalReads(pool),
      holdTtlSeconds: config.HOLD_TTL_SECONDS,
      checkInOpensMinutes: config.CHECK_IN_OPENS_MINUTES,
      authorizeWaitMs: config.AUTHORIZE_WAIT_MS,
    })
    const attempts = createAttemptReader(pool)
    const jobs = createJobs({
      pool,
      log,
      service: 'booking',
      sweeps: [
        ...createBookingSweeps({
          sweeps,
          now,
          settle: { ...attempts, store, payments, metrics, now, reach, onFailure: (err) => log.warn({ err }, 'an attempt is asked again later') },
          deactivations,
          closures: { ...createTwoPhaseStore(pool, 'closure'), now },
        }),
        ...events.sweeps,
      ],
    })
    return {
      app,
      readiness: { database: async () => void (await pool.query('SELECT 1')), migrations: () => assertMigrated(pool, migrations) },
      status: async () => ({ ...(await events.status()), breakers: client.breakers() }),
      lifecycles: [
        jobs,
        // Accepted payments are seen through before the relay empties.
        { name: 'payments under way', phase: 'request', stop: () => background.settled() },
        ...events.lifecycles,
        {
          name: 'database and clients',
          phase: 'adapter',
          stop: async () => {
            await prisma.$disconnect()
            await Promise.all([client.close(), pool.end()])
          },
        },
      ],
    }
  },
})
