import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@alcove/database'
import { findFreePort } from './free-ports.ts'
import { POSTGRES } from './temporary-dir.ts'

/**
 * Vitest's global setup, after that of the run's directory: one throw-away PostgreSQL per run, shared by all files through `TEST_DATABASE_URL`.
 * A URL given from outside is used instead and left running.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.TEST_DATABASE_URL) return undefined
  const dataDir = join(tmpdir(), POSTGRES)
  const postgres = await startPostgres({ dataDir, port: await findFreePort(), throwaway: true })
  process.env.TEST_DATABASE_URL = postgres.url
  return async () => {
    delete process.env.TEST_DATABASE_URL
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
