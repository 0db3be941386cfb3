import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureRoleAndDatabase, migrate } from '@alcove/database'
import { logMigrations } from '@alcove/events'
import { graph } from '@alcove/graph'
import { loadConfig } from '@alcove/kit'
import Type from 'typebox'

// `node dist/databases.js` in auth's image, for compose.yaml: makes every service's role and database, and those of the embedded event log with its
// tables. Repeatable; the services' own tables come from the `migrate` program of each.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
/** Directory with a volume for each service and `postgresql`. */
const { SECRETS_DIR } = loadConfig(Type.Object({ SECRETS_DIR: Type.String({ default: '/secrets' }) }), process.env)
const read = (folder: string, file: string) => readFileSync(join(SECRETS_DIR, folder, file), 'utf8')
try {
  const adminUrl = read('postgresql', 'admin-url')
  const logUrl = read('postgresql', 'event-log-url')
  const urls = graph.filter(({ database }) => database).map(({ name }) => read(name, 'database-url'))
  for (const { pathname, username: role, password } of [logUrl, ...urls].map((url) => new URL(url))) {
    await ensureRoleAndDatabase({ adminUrl, database: pathname.slice(1), role, password })
  }
  await migrate({ url: logUrl, directories: [logMigrations] })
  console.log('every role and database is there')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
