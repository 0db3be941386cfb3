import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@alcove/database'
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

/** A port that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
