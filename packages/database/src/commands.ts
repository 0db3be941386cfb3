import { createLogger, loadConfig, type Logger } from '@alcove/kit'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import Type from 'typebox'
import { ensureRoleAndDatabase } from './create-database.ts'
import { migrate } from './migrate.ts'
import { isTransientDatabaseError } from './transaction.ts'

const RETRY_MS = 1000

const migrateConfig = Type.Object({
  DATABASE_URL: Type.String({ minLength: 1 }),
  /** How long the server, the database and the role may take to be there: e.g. 300. */
  DATABASE_WAIT_SECONDS: Type.Integer({ minimum: 0, maximum: 86_400, default: 300 }),
})
const provisionConfig = Type.Object({
  ...migrateConfig.properties,
  /** A role that may make roles and databases. */
  DATABASE_ADMIN_URL: Type.String({ minLength: 1 }),
})

/**
 * The program `migrate` of a service's image: brings the database at `DATABASE_URL` to the schema of these folders.
 * Any number may run at once, and again. It waits for a server that is not there yet instead of failing.
 */
export async function runMigrateCommand(options: { service: string; directories: readonly string[] }): Promise<void> {
  await runCommand(options.service, async (log) => {
    const { DATABASE_URL: url, DATABASE_WAIT_SECONDS: seconds } = loadConfig(migrateConfig, process.env)
    const { applied } = await retry({ url, seconds, log }, () => migrate({ url, directories: options.directories, log }))
    log.info({ applied: applied.length }, 'the schema is up to date')
  })
}

/** The program `provision`: makes the role, password and database that `DATABASE_URL` names, with the rights of `DATABASE_ADMIN_URL`. Repeatable. */
export async function runProvisionCommand(): Promise<void> {
  await runCommand('provision', async (log) => {
    const { DATABASE_URL, DATABASE_ADMIN_URL: adminUrl, DATABASE_WAIT_SECONDS: seconds } = loadConfig(provisionConfig, process.env)
    const { database, role, password } = readTarget(DATABASE_URL)
    await retry({ url: adminUrl, seconds, log }, () => ensureRoleAndDatabase({ adminUrl, database, role, password }))
    log.info({ database, role }, 'role and database are there')
  })
}

function readTarget(url: string): { database: string; role: string; password: string } {
  const { pathname, username, password } = new URL(url)
  const target = { database: decodeURIComponent(pathname.slice(1)), role: decodeURIComponent(username), password: decodeURIComponent(password) }
  if (Object.values(target).includes('')) throw new Error('DATABASE_URL must name a role, its password and a database')
  return target
}

async function runCommand(service: string, work: (log: Logger) => Promise<void>): Promise<void> {
  const log = createLogger({ service })
  // As the first process of a container nobody else ends it.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
  try {
    await work(log)
  } catch (error) {
    log.fatal({ err: error }, 'could not finish')
    process.exitCode = 1
  }
}

/** Connects before each try: whatever is wrong with that (no server, no such role or database yet) may still come right. */
async function retry<T>({ url, seconds, log }: { url: string; seconds: number; log: Logger }, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + seconds * 1000
  for (let said = ''; ; await sleep(RETRY_MS)) {
    const refused = await connect(url)
    if (!refused) {
      const outcome = await work().then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      )
      if ('result' in outcome) return outcome.result
      if (!isTransientDatabaseError(outcome.error) || performance.now() >= until) throw outcome.error
      continue
    }
    if (performance.now() >= until) throw refused
    if (refused.message !== said) log.info({ err: refused }, 'waiting for the database')
    said = refused.message
  }
}

async function connect(url: string): Promise<Error | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    await client.end().catch(() => undefined)
  }
}
