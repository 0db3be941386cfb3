import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { createDatabaseIfMissing } from './create-database.ts'
import type { Queryable } from './pool.ts'

/** Options of {@link migrate}. */
export interface MigrateOptions {
  url: string
  /** Folders in Prisma's layout: `<yyyymmddhhmmss>_<title>/migration.sql`. Run in the order of the names over all folders. */
  directories: readonly string[]
  log?: { info: (fields: object, message: string) => void }
}

interface Migration {
  name: string
  sql: string
  checksum: string
}

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS schema_migration (
  name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)`

/**
 * Brings a database to the newest schema, creating it when missing. Any number of replicas may call it at once:
 * a session advisory lock lets one run while the others wait and then find nothing to do. Each migration is
 * one transaction together with its row in `schema_migration`. Throws when an applied file has changed since.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.directories)
  await createDatabaseIfMissing(options.url)
  const client = new pg.Client({ connectionString: options.url, options: '-c TimeZone=UTC', application_name: 'alcove-migrate' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query("SELECT pg_advisory_lock(hashtextextended('alcove.migrate', 0))")
    await client.query(CREATE_TABLE)
    const pending = selectPending(migrations, await readApplied(client))
    for (const migration of pending) {
      await apply(client, migration)
      options.log?.info({ migration: migration.name }, 'migration applied')
    }
    return { applied: pending.map(({ name }) => name) }
  } finally {
    // Ending the session also gives the lock back.
    await client.end().catch(() => undefined)
  }
}

/** Throws unless every migration of the folders is applied unchanged: a replica with new code is not ready on an old schema. */
export async function assertMigrated(db: Queryable, directories: readonly string[]): Promise<void> {
  const migrations = await readMigrations(directories)
  const { rows } = await db.query<{ present: boolean }>("SELECT to_regclass('schema_migration') IS NOT NULL AS present")
  const applied = rows[0]?.present ? await readApplied(db) : new Map<string, string>()
  const pending = selectPending(migrations, applied)
  if (pending.length > 0) throw new Error(`migrations not applied yet: ${pending.map(({ name }) => name).join(', ')}`)
}

async function readMigrations(directories: readonly string[]): Promise<Migration[]> {
  const found: Migration[] = []
  for (const directory of directories) {
    const entries = await readdir(directory, { withFileTypes: true })
    for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
      const sql = await readFile(join(directory, entry.name, 'migration.sql'), 'utf8')
      found.push({ name: entry.name, sql, checksum: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex') })
    }
  }
  found.sort((a, b) => (a.name < b.name ? -1 : 1))
  const twice = found.find((migration, index) => migration.name === found[index + 1]?.name)
  if (twice) throw new Error(`two migrations are named ${twice.name}`)
  return found
}

async function readApplied(db: Queryable | pg.Client): Promise<Map<string, string>> {
  const { rows } = await db.query<{ name: string; checksum: string }>('SELECT name, checksum FROM schema_migration')
  return new Map(rows.map((row) => [row.name, row.checksum]))
}

/** Migrations that an older or newer release applied and this one does not know are left alone: a rolling update may go back. */
function selectPending(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): Migration[] {
  const changed = migrations.filter(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum)
  if (changed.length > 0) {
    throw new Error(`applied migrations were changed afterwards: ${changed.map(({ name }) => name).join(', ')}; add a new migration instead of editing one`)
  }
  return migrations.filter(({ name }) => !applied.has(name))
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(migration.sql)
    await client.query('INSERT INTO schema_migration (name, checksum, applied_at) VALUES ($1, $2, $3)', [migration.name, migration.checksum, new Date()])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw new Error(`migration ${migration.name} failed: ${(error as Error).message}`, { cause: error })
  }
}
