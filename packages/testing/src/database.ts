import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPool, migrate } from '@alcove/database'
import { eventsMigrations, logMigrations } from '@alcove/events'
import pg from 'pg'

/** A database of its own for one test file. */
export interface TestDatabase {
  url: string
  pool: pg.Pool
  /** Closes the pool and removes the database. */
  drop(): Promise<void>
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * A migrated database for a service, cloned from a template that is migrated once per run (some 30 ms).
 * Call it in `beforeAll`, `drop()` in `afterAll`.
 */
export async function createTestDatabase(service: string): Promise<TestDatabase> {
  const own = join(root, 'services', service, 'prisma', 'migrations')
  return cloneDatabase(service, existsSync(own) ? [eventsMigrations, own] : [eventsMigrations])
}

/** A migrated database for the embedded event log. */
export async function createTestLog(): Promise<TestDatabase> {
  return cloneDatabase('log', [logMigrations])
}

/** A database cloned from a template migrated with the given folders. */
export async function cloneDatabase(name: string, directories: readonly string[]): Promise<TestDatabase> {
  const serverUrl = process.env.TEST_DATABASE_URL
  if (!serverUrl) throw new Error('TEST_DATABASE_URL is missing: run the tests with vitest from the repository, whose global setup starts PostgreSQL')
  const template = `template_${name}_${await fingerprint(directories)}`
  const database = `test_${name}_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, async (server) => {
    await ensureTemplate(server, withDatabase(serverUrl, template), { template, directories })
    await server.query(`CREATE DATABASE ${database} TEMPLATE ${template} STRATEGY FILE_COPY`)
  })
  const url = withDatabase(serverUrl, database)
  const pool = createPool({ url, max: 12, statementTimeoutMs: 30_000, applicationName: database })
  return {
    url,
    pool,
    async drop() {
      await pool.end()
      await onServer(serverUrl, (server) => server.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`))
    },
  }
}

/** The `datistemplate` flag is set last, so a half migrated template of a killed worker is made anew. */
async function ensureTemplate(server: pg.Client, url: string, { template, directories }: { template: string; directories: readonly string[] }): Promise<void> {
  const isReady = async () => (await server.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [template])).rowCount === 1
  if (await isReady()) return
  await server.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template])
  try {
    if (await isReady()) return
    await server.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`)
    await migrate({ url, directories })
    await server.query(`ALTER DATABASE ${template} IS_TEMPLATE true`)
  } finally {
    await server.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [template])
  }
}

async function fingerprint(directories: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const directory of directories) {
    for (const entry of (await readdir(directory)).sort()) {
      const file = join(directory, entry, 'migration.sql')
      if (existsSync(file)) hash.update(entry).update(await readFile(file))
    }
  }
  return hash.digest('hex').slice(0, 12)
}

function withDatabase(url: string, database: string): string {
  const target = new URL(url)
  target.pathname = `/${database}`
  return target.href
}

async function onServer<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}
