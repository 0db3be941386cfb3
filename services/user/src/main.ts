import { createServiceClient } from '@alcove/client'
import { assertMigrated, createPool, deleteExpiredIdempotencyKeys } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { createDeadline, runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { buildDeps, readDefaults } from './build-deps.ts'
import { configSchema } from './config.ts'
import { listHandlers } from './consumers/index.ts'
import { createStores } from './db/stores.ts'
import { completeNames } from './domain/complete-names.ts'
import { createNameWaker } from './jobs/complete-names.ts'
import { migrations } from './migrations.ts'

await runService({
  name: 'user',
  configSchema,
  build({ config, log, metrics, clock, killPoints, authenticator, tracing }) {
    const defaults = readDefaults(config)
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'user',
      metrics,
    })
    const client = createServiceClient({ self: 'user', config, metrics, log, tracing })
    const deps = buildDeps({
      pool,
      log,
      metrics,
      clock,
      version: config.SERVICE_VERSION,
      authenticator,
      defaults,
      auth: client,
      onCommit: () => events.relay.wake(),
    })
    const complete = (signal?: AbortSignal) => completeNames({ people: deps.people, accounts: deps.accountsFor({ deadline: createDeadline(), signal }) })
    const handlers = listHandlers({ defaults, storesOf: createStores, wakeNames: createNameWaker(complete, log) })
    const events = createEventParts({ service: 'user', pool, config, log, tracing, metrics, clock, killPoints, handlers })
    const sweeps = [
      // Late: people are shown under no name or their first one; reads that need the name ask for it themselves.
      { name: 'complete-names', everySeconds: 5, timeLimitSeconds: 60, run: (signal: AbortSignal) => complete(signal) },
      // Late: overdue invitations are not shown all the same.
      { name: 'remove-overdue-invitations', everySeconds: 3600, timeLimitSeconds: 60, run: () => deps.invitations.removeOverdue(clock.now()) },
      {
        name: 'delete-expired-keys',
        everySeconds: 600,
        timeLimitSeconds: 60,
        run: async () => void (await deleteExpiredIdempotencyKeys(pool, clock.now())),
      },
    ]
    return {
      app: buildApp(deps),
      readiness: { database: async () => void (await pool.query('SELECT 1')), migrations: () => assertMigrated(pool, migrations) },
      status: async () => ({ ...(await events.status()), breakers: client.breakers() }),
      forceBreaker: client.forceBreaker,
      lifecycles: [
        ...events.lifecycles,
        createJobs({ pool, log, service: 'user', sweeps: [...sweeps, ...events.sweeps] }),
        { name: 'service client', phase: 'adapter', stop: () => client.close() },
        { name: 'database pool', phase: 'adapter', stop: () => pool.end() },
      ],
    }
  },
})
