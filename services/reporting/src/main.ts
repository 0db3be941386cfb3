import { createServiceClient } from '@alcove/client'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { createFindSources } from './clients/audit-sources.ts'
import { configSchema } from './config.ts'
import { onAnyEvent } from './consumers/on-any-event.ts'
import { project } from './db/projections.ts'
import { findNewestTime, keepRawEvents } from './db/raw-events.ts'
import { createReads } from './db/reads.ts'
import { rebuildApart } from './db/rebuild.ts'
import { migrations } from './migrations.ts'

await runService({
  name: 'reporting',
  configSchema,
  build({ config, log, metrics, clock, killPoints, authenticator, tracing }) {
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'reporting',
      metrics,
    })
    // Every event changes one aggregate's row only, so many may share a transaction.
    const events = createEventParts({
      service: 'reporting',
      pool,
      config,
      log,
      tracing,
      metrics,
      clock,
      killPoints,
      handlers: onAnyEvent({ keepRawEvents, project }),
      togetherMax: 2000,
    })
    const jobs = createJobs({ pool, log, service: 'reporting', sweeps: events.sweeps })
    const client = createServiceClient({ self: 'reporting', config, metrics, log, tracing })
    const findSources = createFindSources(client, log)
    const readAsOf = async () => (await findNewestTime(pool)) ?? clock.now()
    return {
      app: buildApp({
        reads: createReads(pool),
        readAsOf,
        findSources,
        rebuild: () => rebuildApart(config.DATABASE_URL),
        clock,
        log,
        metrics,
        authenticator,
        version: config.SERVICE_VERSION,
      }),
      readiness: {
        database: async () => void (await pool.query('SELECT 1')),
        migrations: () => assertMigrated(pool, migrations),
      },
      status: async () => ({ ...(await events.status()), breakers: client.breakers() }),
      forceBreaker: client.forceBreaker,
      lifecycles: [
        ...events.lifecycles,
        jobs,
        { name: 'service client', phase: 'adapter', stop: () => client.close() },
        { name: 'database pool', phase: 'adapter', stop: () => pool.end() },
      ],
    }
  },
})
