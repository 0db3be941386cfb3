import { assertMigrated, createPool } from '@alcove/database'
import { createEventParts } from '@alcove/events'
import { createJobs } from '@alcove/jobs'
import { runService } from '@alcove/kit'
import { buildApp } from './app.ts'
import { buildDeps } from './build-deps.ts'
import { assertBootstrap, configSchema } from './config.ts'
import { deleteExpired } from './db/delete-expired.ts'
import { ensureFirstAdmin } from './domain/ensure-account.ts'
import { listSweeps } from './jobs/sweeps.ts'
import { migrations } from './migrations.ts'

await runService({
  name: 'auth',
  configSchema,
  build({ config, log, metrics, clock, killPoints, tracing }) {
    assertBootstrap(config)
    const pool = createPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      applicationName: 'auth',
      metrics,
    })
    const events = createEventParts({ service: 'auth', pool, config, log, tracing, metrics, clock, killPoints })
    const deps = buildDeps({ config, pool, log, metrics, clock, onCommit: () => events.relay.wake() })
    // Before the first login can come: a key to sign with, and somebody who may give roles.
    const prepare = async () => {
      await deps.keyRing.rotate()
      await ensureFirstAdmin(deps, { email: config.BOOTSTRAP_ADMIN_EMAIL, password: config.BOOTSTRAP_ADMIN_PASSWORD })
    }
    const sweeps = listSweeps({ rotateKeys: () => deps.keyRing.rotate(), deleteExpired: () => deleteExpired(pool, deps.now()) })
    const jobs = createJobs({ pool, log, service: 'auth', sweeps: [...sweeps, ...events.sweeps] })
    return {
      app: buildApp(deps),
      readiness: {
        database: async () => void (await pool.query('SELECT 1')),
        migrations: () => assertMigrated(pool, migrations),
        signingKeys: () => deps.keyRing.assertUsable(),
        // Read once, they are kept: an API server that goes away later costs nothing.
        serviceKeys: async () => void (await deps.readServiceKeys()),
      },
      status: () => events.status(),
      lifecycles: [
        { name: 'signing keys and first admin', phase: 'adapter', start: prepare },
        ...events.lifecycles,
        jobs,
        { name: 'database pool', phase: 'adapter', stop: () => pool.end() },
      ],
    }
  },
})
