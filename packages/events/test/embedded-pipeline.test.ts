import { createPool } from '@alcove/database'
import { createTestLog, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll } from 'vitest'
import { createEmbeddedLog } from '../src/index.ts'
import { describePipeline } from './pipeline.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestLog()
})
afterAll(() => database.drop())

describePipeline({
  name: 'the embedded log',
  env: () => ({ EVENT_TRANSPORT: 'embedded', EVENT_LOG_DATABASE_URL: database.url }),
  connect: async () =>
    createEmbeddedLog({ pool: createPool({ url: database.url, max: 4, statementTimeoutMs: 60_000 }), log: { warn: () => undefined }, pollMs: 10 }),
})
