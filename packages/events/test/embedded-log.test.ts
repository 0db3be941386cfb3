import { createPool } from '@alcove/database'
import { createLogger } from '@alcove/kit'
import { createTestLog, waitFor, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmbeddedLog, type Transport } from '../src/index.ts'
import { describeTransport } from './conformance.ts'

const log = createLogger({ service: 'test', level: 'silent' })
let database: TestDatabase
const connect = async (): Promise<Transport> =>
  createEmbeddedLog({ pool: createPool({ url: database.url, max: 4, statementTimeoutMs: 60_000 }), log, pollMs: 10 })

beforeAll(async () => {
  database = await createTestLog()
})
afterAll(() => database.drop())

describeTransport({ name: 'embedded', connect })

describe('embedded log', () => {
  it('loses nothing to a reader when appends commit slowly and in another order than they began', async () => {
    const transport = await connect()
    const got: string[] = []
    const subscription = await transport.subscribe({
      group: 'g',
      topics: ['slow'],
      onBatch: async (batch) => void got.push(...batch.map(({ value }) => value)),
    })
    await transport.publish('slow', [{ key: 'k', value: 'first' }])
    const slow = await database.pool.connect()
    await slow.query('BEGIN')
    await slow.query(`SELECT log_append('slow', ARRAY['k'], ARRAY['second'])`)
    // The same partition: has to wait for the open append, or its reader would pass over "second".
    const third = transport.publish('slow', [{ key: 'k', value: 'third' }])
    const other = Array.from({ length: 30 }, (_, n) => ({ key: `other-${n}`, value: `other-${n}` }))
    for (const message of other) {
      const { rows } = await database.pool.query(`SELECT (hashtextextended($1, 0) >> 8 & 7) = (hashtextextended('k', 0) >> 8 & 7) AS same`, [message.key])
      if (!rows[0].same) await transport.publish('slow', [message])
    }
    await waitFor(() => got.length > 20)
    expect(got).not.toContain('third')
    await slow.query('COMMIT')
    slow.release()
    await third
    await waitFor(() => got.includes('third'))
    expect(got.filter((value) => !value.startsWith('other'))).toEqual(['first', 'second', 'third'])
    await subscription.stop()
    await transport.close()
  })

  it('never deadlocks appends of many keys in opposite orders', async () => {
    const transports = await Promise.all([connect(), connect(), connect()])
    const keys = Array.from({ length: 40 }, (_, n) => ({ key: `k${n}`, value: String(n) }))
    await Promise.all(transports.flatMap((transport) => Array.from({ length: 10 }, (_, n) => transport.publish('cross', n % 2 ? keys : keys.toReversed()))))
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS count, count(DISTINCT (partition, log_offset))::int AS places FROM log_record WHERE topic = 'cross'`,
    )
    expect(rows[0]).toEqual({ count: 1200, places: 1200 })
    await Promise.all(transports.map((transport) => transport.close()))
  })

  it('gives the partitions of a member that died without leaving to another', async () => {
    const [dying, other] = [await connect(), await connect()]
    const got: string[] = []
    await dying.subscribe({ group: 'dying', topics: ['dead'], onBatch: () => new Promise(() => undefined) })
    await dying.publish('dead', [{ key: 'k', value: '1' }])
    await waitFor(async () => (await database.pool.query(`SELECT 1 FROM log_lease WHERE scope = 'dying' AND owner IS NOT NULL`)).rowCount === 8)
    // As if its process had been on this machine and was killed: a pid that no process has.
    await database.pool.query(`UPDATE log_lease SET owner = replace(owner, $1, ':999999999:') WHERE scope = 'dying'`, [`:${process.pid}:`])
    await database.pool.query(`UPDATE log_member SET owner = replace(owner, $1, ':999999999:') WHERE scope = 'dying'`, [`:${process.pid}:`])
    const subscription = await other.subscribe({
      group: 'dying',
      topics: ['dead'],
      onBatch: async (batch) => void got.push(...batch.map(({ value }) => value)),
    })
    await waitFor(() => got.includes('1'))
    expect(got).toEqual(['1'])
    await subscription.stop()
    await other.close()
    void dying.close()
  })

  it('holds little of a backlog, whatever the batches: some of every partition, and the rest once these are done', async () => {
    const transport = await connect()
    const topics = ['backlog-a', 'backlog-b', 'backlog-c', 'backlog-d']
    const messages = Array.from({ length: 4000 }, (_, n) => ({ key: `key-${n}`, value: String(n) }))
    for (const topic of topics) await transport.publish(topic, messages)
    const partitions = new Set<string>()
    let got = 0
    const done = Promise.withResolvers<void>()
    const subscription = await transport.subscribe({
      group: 'backlog',
      topics,
      batchMax: 1000,
      concurrency: Number.POSITIVE_INFINITY,
      onBatch: (batch) => {
        got += batch.length
        for (const { topic, partition } of batch) partitions.add(`${topic}/${partition}`)
        return done.promise
      },
    })
    await waitFor(() => partitions.size === 32)
    expect(got).toBeLessThanOrEqual(8000 + 32 * 20)
    done.resolve()
    await waitFor(() => got === 16_000)
    await subscription.stop()
    await transport.close()
  })

  it('removes what is older than the retention time; groups go on behind the gap', async () => {
    const transport = await connect()
    await transport.publish('old', [{ key: 'k', value: 'gone' }])
    await database.pool.query(`UPDATE log_record SET appended_at = appended_at - interval '15 days' WHERE topic = 'old'`)
    expect(await transport.removeExpired()).toBe(1)
    const got: string[] = []
    const subscription = await transport.subscribe({ group: 'g', topics: ['old'], onBatch: async (batch) => void got.push(...batch.map(({ value }) => value)) })
    expect(await subscription.lag()).toBe(0)
    await transport.publish('old', [{ key: 'k', value: 'kept' }])
    await waitFor(() => got.includes('kept'))
    expect(got).toEqual(['kept'])
    await subscription.stop()
    await transport.close()
  })

  it('goes on when its connections are cut', async () => {
    const transport = await connect()
    const got: string[] = []
    const subscription = await transport.subscribe({
      group: 'cut',
      topics: ['cut'],
      onBatch: async (batch) => void got.push(...batch.map(({ value }) => value)),
    })
    await transport.publish('cut', [{ key: 'k', value: '1' }])
    await waitFor(() => got.includes('1'))
    await database.pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')
    await waitFor(async () => {
      await transport.publish('cut', [{ key: 'k', value: '2' }])
      return true
    })
    await waitFor(() => got.includes('2'))
    expect(got[0]).toBe('1')
    await subscription.stop()
    await transport.close()
  })
})
