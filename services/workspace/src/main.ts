import { createServiceClient } from '@alcove/client'
import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { newId, runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { createBookingClient } from './clients/booking.ts'
import { configSchema } from './config.ts'
import { createCatalogue } from './db/catalogue.ts'
import { createInTransaction } from './db/in-transaction.ts'
import { createReads } from './db/reads.ts'
import { listSweeps } from './jobs/sweeps.ts'
import { migrations } from './migrations.ts'

await runService({
  name: 'workspace',
  configSchema,
  build({ config, log, metrics, clock, killPoints, authenticator, tracing }) {
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'workspace',
      metrics,
    })
    const events = createEventParts({ service: 'workspace', pool, config, log, tracing, metrics, clock, killPoints })
    const client = createServiceClient({ self: 'workspace', config, metrics, log, tracing })
    const catalogue = createCatalogue({ pool, clock })
    const onChange = () => {
      catalogue.clear()
      events.relay.wake()
    }
    const writes = { inTransaction: createInTransaction({ pool, onChange }), newId }
    const jobs = createJobs({ pool, log, service: 'workspace', sweeps: [...listSweeps({ ...writes, pool, clock }), ...events.sweeps] })
    return {
      app: buildApp({
        ...writes,
        ...createBookingClient(client),
        reads: createReads(pool),
        catalogue,
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
