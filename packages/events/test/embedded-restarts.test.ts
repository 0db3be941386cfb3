import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, migrate, removePostgres, startPostgres, type Postgres } from '@alcove/database'
import { findFreePort } from '@alcove/testing'
import { afterAll, beforeAll } from 'vitest'
import { createEmbeddedLog, logMigrations, type Transport } from '../src/index.ts'
import { describeRestarts } from './restarts.ts'

const log = { warn: () => undefined }
let dir: string
let postgres: Postgres
let start: () => Promise<Postgres>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'alcove-restarts-'))
  const options = { dataDir: join(dir, 'postgres'), port: await findFreePort(), settings: { fsync: 'off' } }
  start = () => startPostgres(options)
  postgres = await start()
  await migrate({ url: postgres.url, directories: [logMigrations] })
})
afterAll(async () => {
  await postgres.stop()
  await removePostgres(join(dir, 'postgres'))
  await rm(dir, { recursive: true, force: true })
})

describeRestarts({
  name: 'embedded',
  connect: async (): Promise<Transport> => createEmbeddedLog({ pool: createPool({ url: postgres.url, max: 4, statementTimeoutMs: 10_000 }), log, pollMs: 20 }),
  async restart() {
    process.kill(postgres.pid, 'SIGQUIT')
    await postgres.exited
    postgres = await start()
  },
})
