import { createPool } from '@alcove/database'
import { createTestLog } from '@alcove/testing'
import { createEmbeddedLog } from '../src/index.ts'
import { describeBackup } from './backup.ts'

async function openPlace() {
  const database = await createTestLog()
  const pool = createPool({ url: database.url, max: 4, statementTimeoutMs: 60_000 })
  const transport = createEmbeddedLog({ pool, log: { warn: () => undefined }, pollMs: 10 })
  const close = async () => {
    await transport.close()
    await database.drop()
  }
  return { env: { EVENT_TRANSPORT: 'embedded', EVENT_LOG_DATABASE_URL: database.url }, transport, close }
}

describeBackup({
  name: 'the embedded log',
  async open() {
    const [old, fresh] = [await openPlace(), await openPlace()]
    return { old, fresh, close: async () => void (await Promise.all([old.close(), fresh.close()])) }
  },
})
