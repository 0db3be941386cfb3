import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureRoleAndDatabase, migrate } from '@alcove/database'
import { eventsMigrations, logMigrations } from '@alcove/events'
import { graph } from '@alcove/graph'
import type { Credentials } from './credentials.ts'
import { root } from './layout.ts'

/** The embedded log's database: every service's relay and consumer enter it with one role. */
export const EVENT_LOG = 'event_log'

export const databaseServices = graph.filter((node) => node.database).map((node) => node.name)

/** Makes each service's database and role, brings all schemas up to date side by side, and says where they are. */
export async function prepareDatabases(adminUrl: string, services: readonly string[], credentials: Credentials): Promise<Record<string, string>> {
  const urls: Record<string, string> = { postgres: adminUrl }
  const prepare = async (name: string) => {
    const password = credentials.databasePassword(name)
    await ensureRoleAndDatabase({ adminUrl, database: name, role: name, password })
    const url = new URL(adminUrl)
    Object.assign(url, { pathname: `/${name}`, username: name, password })
    urls[name] = url.href
    await migrate({ url: url.href, directories: listMigrations(name) }).catch((error: Error) => {
      throw new Error(`the database of ${name}: ${error.message}`, { cause: error })
    })
  }
  await Promise.all([EVENT_LOG, ...databaseServices.filter((name) => services.includes(name))].map(prepare))
  return urls
}

function listMigrations(name: string): string[] {
  if (name === EVENT_LOG) return [logMigrations]
  const own = join(root, 'services', name, 'prisma/migrations')
  return existsSync(own) ? [eventsMigrations, own] : [eventsMigrations]
}
