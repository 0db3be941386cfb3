import { bookingCreated } from '@alcove/contracts'
import { createPool, withTransaction } from '@alcove/database'
import { createLogger, newId } from '@alcove/kit'
import { createTestDatabase, createTestLog, waitFor, type TestDatabase } from '@alcove/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmbeddedLog, createRelay, writeEvent, type Message, type Transport } from '../src/index.ts'

const log = createLogger({ service: 'test', level: 'silent' })
let database: TestDatabase
let logDatabase: TestDatabase
let transport: Transport
const relays: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  database = await createTestDatabase('none')
  logDatabase = await createTestLog()
  transport = createEmbeddedLog({ pool: createPool({ url: logDatabase.url, statementTimeoutMs: 60_000 }), log, pollMs: 10 })
})
afterAll(async () => {
  await transport.close()
  await database.drop()
  await logDatabase.drop()
})
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()))
  await database.pool.query('DELETE FROM outbox')
  await logDatabase.pool.query('DELETE FROM log_record')
})

function startRelay(over: Transport = transport) {
  const relay = createRelay({ pool: database.pool, transport: over, service: 'booking', log, pollMs: 10 })
  relays.push(relay)
  void relay.start()
  return relay
}

const write = (key: string, version: number) =>
  writeEvent(database.pool, bookingCreated, {
    key,
    data: { ...bookingCreated.example, bookingId: key, version },
    now: new Date('2026-01-05T09:00:00Z'),
    traceparent: null,
  })

const published = async () =>
  (await logDatabase.pool.query<{ key: string; value: string }>('SELECT key, value FROM log_record ORDER BY partition, log_offset')).rows.map(
    ({ key, value }) => ({
      key,
      event: JSON.parse(value),
    }),
  )
const pending = async () => (await database.pool.query('SELECT 1 FROM outbox')).rowCount

describe('relay', () => {
  it('publishes what was committed as CloudEvents, in order per key, and empties the outbox', async () => {
    const keys = Array.from({ length: 20 }, () => newId())
    const ids: string[] = []
    for (let version = 1; version <= 3; version += 1) for (const key of keys) ids.push(await write(key, version))
    startRelay()
    await waitFor(async () => (await pending()) === 0)
    const events = await published()
    expect(events.map(({ event }) => event.id).sort()).toEqual(ids.sort())
    for (const key of keys) expect(events.filter((message) => message.key === key).map(({ event }) => event.data.version)).toEqual([1, 2, 3])
    expect(events[0]!.event).toMatchObject({
      specversion: '1.0',
      source: '/alcove/booking',
      type: 'booking.created.v1',
      subject: events[0]!.key,
      time: '2026-01-05T09:00:00.000Z',
      datacontenttype: 'application/json',
    })
  })

  it('publishes nothing of a transaction that was rolled back', async () => {
    startRelay()
    await withTransaction(database.pool, async (tx) => {
      await writeEvent(tx, bookingCreated, { key: newId(), data: bookingCreated.example, now: new Date() })
      throw new Error('changed my mind')
    }).catch(() => undefined)
    const key = newId()
    await write(key, 1)
    await waitFor(async () => (await published()).length > 0)
    expect((await published()).map((message) => message.key)).toEqual([key])
  })

  it('repeats under the same id what it published before it died, and loses nothing', async () => {
    const [a, b] = [newId(), newId()]
    await write(a, 1)
    await write(b, 1)
    let publishes = 0
    const dying: Transport = {
      ...transport,
      async publish(topic, messages: readonly Message[]) {
        publishes += 1
        await transport.publish(topic, messages)
        if (publishes === 1) throw new Error('killed between publish and mark')
      },
    }
    startRelay(dying)
    await waitFor(async () => (await pending()) === 0)
    const events = await published()
    expect(events).toHaveLength(4)
    expect(new Set(events.map(({ event }) => event.id)).size).toBe(2)
  })

  it('keeps everything while the transport is away and publishes in order when it returns', async () => {
    let away = true
    let refused = 0
    const flaky: Transport = {
      ...transport,
      async publish(topic, messages) {
        if (away) {
          refused += 1
          throw new Error('the broker is away')
        }
        await transport.publish(topic, messages)
      },
    }
    const relay = startRelay(flaky)
    const key = newId()
    for (let version = 1; version <= 5; version += 1) await write(key, version)
    await waitFor(() => refused >= 2)
    expect(await pending()).toBe(5)
    expect(await relay.ageSeconds()).toBeGreaterThan(0)
    away = false
    await waitFor(async () => (await pending()) === 0)
    expect((await published()).map(({ event }) => event.data.version)).toEqual([1, 2, 3, 4, 5])
    expect(await relay.ageSeconds()).toBe(0)
  })

  it('shares the partitions among replicas: each has a part, all events leave, order per key holds', async () => {
    startRelay()
    startRelay()
    startRelay()
    const owners = async () =>
      (await database.pool.query<{ units: number }>('SELECT count(*)::int AS units FROM outbox_lease WHERE owner IS NOT NULL GROUP BY owner')).rows
    await waitFor(
      async () => {
        const shares = (await owners()).map(({ units }) => units)
        return shares.length === 3 && Math.min(...shares) >= 5 && Math.max(...shares) <= 6
      },
      { timeoutMs: 15_000 },
    )
    const keys = Array.from({ length: 50 }, () => newId())
    for (let version = 1; version <= 4; version += 1) await Promise.all(keys.map((key) => write(key, version)))
    await waitFor(async () => (await pending()) === 0)
    const events = await published()
    for (const key of keys) expect(events.filter((message) => message.key === key).map(({ event }) => event.data.version)).toEqual([1, 2, 3, 4])
  })

  it('publishes the rest before it stops, and leaves its partitions free', async () => {
    const relay = startRelay()
    await waitFor(async () => (await database.pool.query('SELECT 1 FROM outbox_lease WHERE owner IS NOT NULL')).rowCount === 16)
    await write(newId(), 1)
    await relay.stop()
    expect(await pending()).toBe(0)
    expect((await database.pool.query('SELECT 1 FROM outbox_lease WHERE owner IS NOT NULL')).rowCount).toBe(0)
  })
  it('goes on when it is started again after it stopped', async () => {
    const relay = startRelay()
    await waitFor(async () => (await database.pool.query('SELECT 1 FROM outbox_lease WHERE owner IS NOT NULL')).rowCount === 16)
    await relay.stop()
    await write(newId(), 1)
    expect(await pending()).toBe(1)
    await relay.start()
    await waitFor(async () => (await pending()) === 0)
    expect(await published()).toHaveLength(1)
  })
})
