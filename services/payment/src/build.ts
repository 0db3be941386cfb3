import { setTimeout as sleep } from 'node:timers/promises'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { defineKillPoints, newId, type BaseConfig, type BuildContext, type Lifecycle, type ServiceParts } from '@alcove/kit'
import type { Pool } from 'pg'
import type { Static } from 'typebox'
import { buildApp } from './app.ts'
import { withBreaker } from './clients/breaker.ts'
import { createProviderMetrics } from './clients/metrics.ts'
import { createSandboxProvider } from './clients/sandbox.ts'
import type { configSchema } from './config.ts'
import { onBookingEvent } from './consumers/on-booking-event.ts'
import { createAttemptStore } from './db/attempts.ts'
import { createGrantRequestStore } from './db/grant-requests.ts'
import { forgetKeys } from './db/idempotency.ts'
import { createPaymentReader } from './db/payments.ts'
import { createPrisma, type PrismaClient } from './db/prisma.ts'
import { createRefundStore } from './db/refunds.ts'
import { createWalletStore } from './db/wallets.ts'
import { createInFlight } from './domain/authorize-attempt.ts'
import { paymentKillPoints } from './domain/kill-points.ts'
import { createLeases } from './domain/leases.ts'
import { expireCredits } from './jobs/expire-credits.ts'
import { forgetIdempotencyKeys } from './jobs/forget-idempotency-keys.ts'
import { createSettlementWorker } from './jobs/settle-attempts.ts'
import { migrations } from './migrations.ts'

type Context = BuildContext<Static<typeof configSchema> & BaseConfig>

defineKillPoints(paymentKillPoints)

/** Puts payment together; no logic of its own. */
export function buildPayment(ctx: Context): ServiceParts {
  const { config, log, metrics, clock, killPoints, authenticator, tracing } = ctx
  const { pool, sandboxPool, prisma, closing } = openDatabases(ctx)
  const settling = createSettling(ctx, pool, sandboxPool)
  const { now, realNow, reach, provider } = settling
  const worker = createSettlementWorker({
    ...settling,
    log,
    concurrency: config.SETTLE_CONCURRENCY,
    pollMs: config.SETTLE_POLL_MS,
    onSettled: () => events.relay.wake(),
  })
  const handlers = [onBookingEvent({ reach, realNow, wakeWorker: worker.wake })]
  const events = createEventParts({ service: 'payment', pool, config, log, tracing, metrics, clock, killPoints, handlers })
  const wallets = createWalletStore(pool, prisma)
  const inFlight = createInFlight()
  const app = buildApp({
    ...settling,
    app: { service: 'payment', log, authenticator, clock, version: config.SERVICE_VERSION, metrics },
    payments: createPaymentReader(prisma),
    refunds: createRefundStore(pool, { returnedCreditsDays: config.RETURNED_CREDITS_DAYS }),
    wallets,
    grantRequests: createGrantRequestStore(pool),
    fourEyes: config.GRANT_FOUR_EYES === 'on',
    inFlight,
    sleep: (ms) => sleep(ms),
    waitMsMax: config.AUTHORIZE_WAIT_MS,
    wakeWorker: worker.wake,
    wakeRelay: () => events.relay.wake(),
  })
  const expiry = { wallets, now, onExpired: () => events.relay.wake() }
  const sweeps = [
    { name: 'expire-credits', everySeconds: 10, timeLimitSeconds: 30, run: (signal: AbortSignal) => expireCredits(expiry, signal) },
    {
      name: 'forget-idempotency-keys',
      everySeconds: 600,
      timeLimitSeconds: 60,
      run: () => forgetIdempotencyKeys({ forgetKeys: (until) => forgetKeys(pool, until), now }),
    },
    ...events.sweeps,
  ]
  return {
    app,
    readiness: { database: async () => void (await pool.query('SELECT 1')), migrations: () => assertMigrated(pool, migrations) },
    status: async () => ({ ...(await events.status()), breakers: [{ callee: 'sandbox', state: provider.state() }] }),
    forceBreaker: (callee, state) => {
      if (callee === 'sandbox') provider.force(state)
      return callee === 'sandbox'
    },
    lifecycles: [
      worker,
      createJobs({ pool, log, service: 'payment', sweeps }),
      { name: 'provider calls', phase: 'request', stop: () => inFlight.settled() },
      ...events.lifecycles,
      closing,
    ],
  }
}

function openDatabases({ config, metrics }: Context): { pool: Pool; sandboxPool: Pool; prisma: PrismaClient; closing: Lifecycle } {
  const { DATABASE_URL: url, DATABASE_STATEMENT_TIMEOUT_MS: statementTimeoutMs } = config
  const pool = createPool({ url, max: config.DATABASE_POOL_MAX, statementTimeoutMs, applicationName: 'payment', metrics })
  // The sandbox is a foreign system: nothing of ours may share its connections or transactions.
  const sandboxPool = createPool({
    url: config.SANDBOX_DATABASE_URL || url,
    max: config.SANDBOX_POOL_MAX,
    statementTimeoutMs,
    // Nobody waits for the provider any longer then; a connection that swallowed a question must not stay taken.
    silenceMs: config.PROVIDER_TIMEOUT_MS,
    applicationName: 'sandbox-provider',
  })
  const prisma = createPrisma(pool)
  const close = async () => {
    await prisma.$disconnect()
    await Promise.all([pool.end(), sandboxPool.end()])
  }
  return { pool, sandboxPool, prisma, closing: { name: 'databases', phase: 'adapter', stop: close } }
}

/** What moves money: used by requests and by the worker. */
function createSettling({ config, clock, killPoints, metrics }: Context, pool: Pool, sandboxPool: Pool) {
  const realNow = () => new Date()
  const attempts = createAttemptStore(pool, { returnedCreditsDays: config.RETURNED_CREDITS_DAYS })
  const sandbox = createSandboxProvider({ pool: sandboxPool, realNow, slowMs: config.SANDBOX_SLOW_MS })
  return {
    attempts,
    provider: withBreaker(sandbox, { timeoutMs: config.PROVIDER_TIMEOUT_MS, resetMs: 2000, observe: createProviderMetrics(metrics) }),
    leases: createLeases({ attempts, newId, realNow, leaseMs: config.ATTEMPT_LEASE_MS }),
    reach: (name: string) => killPoints.reach(name),
    now: () => clock.now(),
    realNow,
    newId,
  }
}
