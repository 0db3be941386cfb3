import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts, eventsMigrations } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { defineKillPoints, newId, runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { withBreaker } from './clients/breaker.ts'
import { createSandboxProvider } from './clients/sandbox.ts'
import { configSchema } from './config.ts'
import { onBookingEvent } from './consumers/on-booking-event.ts'
import { createAttemptStore } from './db/attempts.ts'
import { createPaymentReader } from './db/payments.ts'
import { createPrisma } from './db/prisma.ts'
import { createRefundStore } from './db/refunds.ts'
import { createWalletStore } from './db/wallets.ts'
import { createInFlight } from './domain/authorize-attempt.ts'
import { paymentKillPoints } from './domain/kill-points.ts'
import { createLeases } from './domain/leases.ts'
import { expireCredits } from './jobs/expire-credits.ts'
import { forgetIdempotencyKeys } from './jobs/forget-idempotency-keys.ts'
import { createSettlementWorker } from './jobs/settle-attempts.ts'

const migrations = [eventsMigrations, fileURLToPath(new URL('../prisma/migrations', import.meta.url))]
defineKillPoints(paymentKillPoints)

await runService({
  name: 'payment',
  configSchema,
  build({ config, log, metrics, clock, killPoints, authenticator }) {
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'payment',
      metrics,
    })
    // The sandbox is a foreign system: nothing of ours may share its connections or transactions.
    const sandboxPool = createPool({ url: config.DATABASE_URL, max: config.SANDBOX_POOL_MAX, applicationName: 'sandbox-provider' })
    const prisma = createPrisma(pool)
    const realNow = () => new Date()
    const now = () => clock.now()
    const reach = (name: string) => killPoints.reach(name)
    const attempts = createAttemptStore(pool)
    const leases = createLeases({ attempts, newId, realNow, leaseMs: config.ATTEMPT_LEASE_MS })
    const sandbox = createSandboxProvider({ pool: sandboxPool, realNow, slowMs: config.SANDBOX_SLOW_MS })
    const provider = withBreaker(sandbox, { timeoutMs: config.PROVIDER_TIMEOUT_MS, resetMs: 2000 })
    const settleDeps = { attempts, provider, leases, reach, now, realNow, newId }

    const worker = createSettlementWorker({
      ...settleDeps,
      log,
      concurrency: config.SETTLE_CONCURRENCY,
      pollMs: config.SETTLE_POLL_MS,
      onSettled: () => events.relay.wake(),
    })
    const handlers = [onBookingEvent({ reach, realNow, wakeWorker: worker.wake })]
    const events = createEventParts({ service: 'payment', pool, config, log, metrics, clock, killPoints, handlers })
    const wallets = createWalletStore(pool, prisma)
    const inFlight = createInFlight()
    const app = buildApp({
      ...settleDeps,
      app: { service: 'payment', log, authenticator, clock, version: config.SERVICE_VERSION, metrics },
      payments: createPaymentReader(prisma),
      refunds: createRefundStore(pool),
      wallets,
      inFlight,
      sleep: (ms) => sleep(ms),
      waitMsMax: config.AUTHORIZE_WAIT_MS,
      wakeWorker: worker.wake,
      wakeRelay: () => events.relay.wake(),
    })
    const jobs = createJobs({
      pool,
      log,
      service: 'payment',
      sweeps: [
        {
          name: 'expire-credits',
          everySeconds: 10,
          timeLimitSeconds: 30,
          run: (signal) => expireCredits({ wallets, now, onExpired: () => events.relay.wake() }, signal),
        },
        { name: 'forget-idempotency-keys', everySeconds: 600, timeLimitSeconds: 60, run: () => forgetIdempotencyKeys({ pool, now }) },
        ...events.sweeps,
      ],
    })
    return {
      app,
      readiness: { database: async () => void (await pool.query('SELECT 1')), migrations: () => assertMigrated(pool, migrations) },
      status: async () => ({ ...(await events.status()), breakers: [{ callee: 'sandbox', state: provider.state() }] }),
      lifecycles: [
        worker,
        jobs,
        { name: 'provider calls', phase: 'request', stop: () => inFlight.settled() },
        ...events.lifecycles,
        {
          name: 'database',
          phase: 'adapter',
          stop: async () => {
            await prisma.$disconnect()
            await Promise.all([pool.end(), sandboxPool.end()])
          },
        },
      ],
    }
  },
})
