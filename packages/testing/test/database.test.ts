import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, createTestLog, type TestDatabase } from '../src/index.ts'

describe('test databases', () => {
  let first: TestDatabase
  let second: TestDatabase
  beforeAll(async () => {
    first = await createTestDatabase('nothing')
    second = await createTestDatabase('nothing')
  })
  afterAll(async () => {
    await first.drop()
    await second.drop()
  })

  it('are migrated, and do not see each other', async () => {
    await first.pool.query(`INSERT INTO outbox (topic, key, type, data, occurred_at) VALUES ('booking', 'k', 'booking.created.v1', '{}', $1)`, [new Date()])
    const rows = async (db: TestDatabase) => (await db.pool.query('SELECT partition FROM outbox')).rowCount
    expect(await rows(first)).toBe(1)
    expect(await rows(second)).toBe(0)
  })

  it('are removed by drop', async () => {
    const log = await createTestLog()
    await log.pool.query("SELECT log_ensure_topic('booking')")
    const name = new URL(log.url).pathname.slice(1)
    await log.drop()
    expect((await first.pool.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rowCount).toBe(0)
  })
})
