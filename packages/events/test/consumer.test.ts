import { bookingConfirmed, bookingCreated, type CloudEvent, type EventType } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createLogger, newId, Registry } from '@alcove/kit'
import { buildEvent, createTestClock, createTestDatabase, createTestLog, waitFor, type TestDatabase } from '@alcove/testing'
import type { PoolClient } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countHandled } from '../src/declared.ts'
import {
  createConsumer,
  createEmbeddedLog,
  listDeadLetters,
  onEvent,
  onEvents,
  type EventsEffect,
  superseded,
  TransientError,
  type Consumer,
  type ConsumerOptions,
  type Handler,
  type Transport,
} from '../src/index.ts'

const log = createLogger({ service: 'test', level: 'silent' })
let database: TestDatabase
let logDatabase: TestDatabase
let transport: Transport
let group = 0
const consumers: Consumer[] = []

beforeAll(async () => {
  logDatabase = await createTestLog()
  transport = createEmbeddedLog({ pool: createPool({ url: logDatabase.url, statementTimeoutMs: 60_000 }), log, pollMs: 10 })
})
afterAll(async () => {
  await transport.close()
  await logDatabase.drop()
})
beforeEach(async () => {
  database = await createTestDatabase('none')
  await database.pool.query('CREATE TABLE effect (event_id uuid, key text, version int)')
  await logDatabase.pool.query('DELETE FROM log_record')
})
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()))
  await database.drop()
})

async function startConsumer(handlers: Handler[], options: Partial<ConsumerOptions> = {}): Promise<Consumer> {
  group += 1
  const consumer = createConsumer({ service: `g${group}`, pool: database.pool, transport, log, clock: createTestClock(), handlers, ...options })
  consumers.push(consumer)
  await consumer.start()
  return consumer
}

const record = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
})
const build = (key = newId(), version = 1, eventType: EventType = bookingCreated) =>
  buildEvent(eventType, { ...bookingCreated.example, bookingId: key, version } as typeof bookingCreated.example, { subject: key })
const publish = (...events: CloudEvent[]) =>
  transport.publish(
    'booking',
    events.map((event) => ({ key: event.subject, value: JSON.stringify(event) })),
  )
const effects = async () => (await database.pool.query<{ key: string; version: number }>('SELECT key, version FROM effect')).rows
const letters = () => listDeadLetters(database.pool, { limit: 50 })

describe('consumer', () => {
  it('has one effect of an event that comes many times, also within one batch', async () => {
    const consumer = await startConsumer([record])
    const [a, b] = [build(), build()]
    await publish(a, a, b, a)
    await publish(a, b)
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ key }) => key).sort()).toEqual([a.subject, b.subject].sort())
  })

  it('passes over types that the service does not subscribe to, known or not', async () => {
    const consumer = await startConsumer([record])
    await publish({ ...build(), type: 'booking.unheard-of.v9' }, build(newId(), 2, bookingConfirmed), build())
    await waitFor(async () => (await consumer.lag()) === 0)
    expect(await effects()).toHaveLength(1)
    expect(await letters()).toEqual([])
  })

  it('keeps one effect when the process dies between effect and commit, and when it dies after the commit', async () => {
    for (const place of ['inbox.effect', 'inbox.committed']) {
      const event = build()
      let deaths = 0
      const killPoints = {
        reach(name: string) {
          if (name === place && deaths++ === 0) throw Object.assign(new Error('killed'), { code: '57P01' })
        },
      }
      const consumer = await startConsumer([record], { killPoints })
      await publish(event)
      await waitFor(async () => deaths > 0 && (await consumer.lag()) === 0)
      expect((await effects()).filter(({ key }) => key === event.subject)).toHaveLength(1)
      await consumer.stop()
    }
  })

  it('waits without limit for what is not available, then goes on in order', async () => {
    let refusals = 0
    let available = false
    const consumer = await startConsumer([
      onEvent(bookingCreated, async ({ tx, event }) => {
        if (!available) {
          refusals += 1
          throw new TransientError('the dependency is down')
        }
        await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
      }),
    ])
    const key = newId()
    await publish(build(key, 1), build(key, 2))
    await waitFor(() => refusals > 6)
    expect(await letters()).toEqual([])
    available = true
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ version }) => version)).toEqual([1, 2])
  })

  it('makes a dead letter after five failures, with error and trace; neighbours in the batch and later events go on', async () => {
    let tries = 0
    const bad = newId()
    const registry = new Registry()
    const consumer = await startConsumer(
      [
        onEvent(bookingCreated, async ({ tx, event }) => {
          await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
          if (event.subject === bad && event.data.version === 1) {
            tries += 1
            throw new Error('this cannot be done')
          }
        }),
      ],
      { togetherMax: 1, metrics: registry },
    )
    const good = Array.from({ length: 10 }, () => build())
    await publish(...good.slice(0, 5), build(bad, 1), build(bad, 2), ...good.slice(5))
    await waitFor(async () => (await consumer.lag()) === 0)
    expect(tries).toBe(5)
    const keys = (await effects()).map(({ key, version }) => `${key}/${version}`)
    expect(keys.sort()).toEqual([...good.map(({ subject }) => `${subject}/1`), `${bad}/2`].sort())
    const [letter] = await letters()
    expect(letter).toMatchObject({ key: bad, topic: 'booking', type: 'booking.created.v1', reason: 'failed', error: 'this cannot be done', failures: 5 })
    expect(letter!.trace).toContain('consumer.test')
    expect(await registry.getSingleMetricAsString('alcove_dead_letters')).toContain('alcove_dead_letters 1')
    expect(await registry.getSingleMetricAsString('alcove_consumer_lag')).toContain('alcove_consumer_lag 0')
  })

  it('undoes the whole batch when one fails, and then has each effect once', async () => {
    const bad = newId()
    const consumer = await startConsumer([
      onEvent(bookingCreated, async ({ tx, event }) => {
        if (event.subject === bad) throw new Error('no')
        await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
      }),
    ])
    const good = Array.from({ length: 40 }, () => build())
    await publish(...good, build(bad))
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ key }) => key).sort()).toEqual(good.map(({ subject }) => subject).sort())
    expect(await letters()).toHaveLength(1)
  })

  it('runs what a handler returns after the commit, once', async () => {
    const seen: number[] = []
    const consumer = await startConsumer([
      onEvent(bookingCreated, async ({ tx, event }) => {
        await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
        return () => void seen.push(event.data.version)
      }),
    ])
    const event = build()
    await publish(event, event)
    await waitFor(async () => (await consumer.lag()) === 0)
    expect(seen).toEqual([1])
  })
})

describe('transactions', () => {
  const withXid = onEvent(bookingCreated, async ({ tx, event }) => {
    await tx.query('INSERT INTO effect SELECT $1, pg_current_xact_id()::text, $2', [event.id, event.data.version])
  })

  it('are shared by what partitions have ready at the same moment, up to so many events', async () => {
    await publish(...Array.from({ length: 36 }, () => build()))
    // Only now: what is there at its first look is there all at once.
    const consumer = await startConsumer([withXid], { togetherMax: 12 })
    await waitFor(async () => (await consumer.lag()) === 0)
    const sizes = [...Map.groupBy(await effects(), ({ key }) => key).values()].map(({ length }) => length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(36)
    // 16 partitions, so each alone would need more.
    expect(sizes.length).toBeLessThan(10)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(12)
  })

  it('that fail are done again partition by partition, and a partition that waits holds up no other', async () => {
    const away = build()
    const dead = build()
    let isAway = true
    const good = Array.from({ length: 60 }, () => build())
    // The dead one first: they may share a partition.
    await publish(dead, away, ...good)
    // Only now: what is there at its first look is there all at once.
    const consumer = await startConsumer([
      onEvent(bookingCreated, async ({ tx, event }) => {
        if (event.id === away.id && isAway) throw new TransientError('not now')
        if (event.id === dead.id) throw new Error('never')
        await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
      }),
    ])
    // All but what stands behind the one that waits, in its partition.
    await waitFor(async () => (await effects()).length > 45 && (await letters()).length === 1)
    isAway = false
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ key }) => key).sort()).toEqual([away, ...good].map(({ subject }) => subject).sort())
  })
})

describe('a partition of which one event cannot be done', () => {
  it.each([1, 42, 64])('goes on with the others in few transactions, in order: event %i of 64', async (bad) => {
    const key = newId()
    const versions = Array.from({ length: 64 }, (_, index) => index + 1)
    await publish(...versions.map((version) => build(key, version)))
    // Only now: what is there at its first look is there all at once.
    const consumer = await startConsumer(
      [
        onEvent(bookingCreated, async ({ tx, event }) => {
          if (event.data.version === bad) throw new Error('not this one')
          await tx.query('INSERT INTO effect SELECT $1, pg_current_xact_id()::text, $2', [event.id, event.data.version])
        }),
      ],
      { togetherMax: 64 },
    )
    await waitFor(async () => (await consumer.lag()) === 0)
    const done = await effects()
    expect(done.map(({ version }) => version)).toEqual(versions.filter((version) => version !== bad))
    // One for each halving; one by one they would be 63.
    expect(new Set(done.map(({ key: xid }) => xid)).size).toBeLessThanOrEqual(6)
    expect(await letters()).toHaveLength(1)
  })
})

describe('a handler of several events', () => {
  const insert = (tx: PoolClient, events: readonly { event: CloudEvent }[]) =>
    tx.query('INSERT INTO effect SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])', [
      events.map(({ event }) => event.id),
      events.map(({ event }) => event.subject),
      events.map(({ event }) => event.data.version),
    ])

  it('gets what is there at once, has one effect of each, and runs what it returns after the commit', async () => {
    const batches: number[] = []
    const committed: number[] = []
    const registry = new Registry()
    const handler = onEvents({ topic: 'booking', type: 'booking.*' }, async ({ tx, events }) => {
      batches.push(events.length)
      await insert(tx, events)
      return events.map(({ event }) => (event.data.version === 1 ? superseded : () => void committed.push(event.data.version as number)))
    })
    const keys = Array.from({ length: 10 }, () => newId())
    const events = [1, 2, 3].flatMap((version) => keys.map((key) => build(key, version)))
    await publish(...events, ...events)
    // Only now: what is there at its first look is there all at once.
    const consumer = await startConsumer(countHandled([handler], registry), { togetherMax: 50 })
    await waitFor(async () => (await consumer.lag()) === 0)
    const versions = Map.groupBy(await effects(), ({ key }) => key)
    expect([...versions.values()].map((rows) => rows.map(({ version }) => version))).toEqual(keys.map(() => [1, 2, 3]))
    expect(Math.max(...batches)).toBeGreaterThan(10)
    expect(committed).toHaveLength(20)
    expect(await registry.getSingleMetricAsString('alcove_events_handled_total')).toContain('type="booking.created.v1"} 30')
  })

  it('gets the events of all subscriptions that name the same effect, also when they are counted', async () => {
    const batches: number[] = []
    const both: EventsEffect = async ({ tx, events }) => {
      batches.push(events.length)
      await insert(tx, events)
      return []
    }
    const key = newId()
    await publish(...[1, 2, 3, 4, 5, 6].map((version) => build(key, version, version % 2 === 0 ? bookingConfirmed : bookingCreated)))
    // Only now: what is there at its first look is there all at once.
    const consumer = await startConsumer(countHandled([onEvents(bookingCreated, both as never), onEvents(bookingConfirmed, both as never)], new Registry()))
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6])
    expect(batches).toEqual([6])
  })

  it('loses one event to a dead letter when only that one cannot be done', async () => {
    const bad = build()
    const handler = onEvents(bookingCreated, async ({ tx, events }) => {
      await insert(tx, events)
      if (events.some(({ event }) => event.id === bad.id)) throw new Error('not this one')
      return []
    })
    const consumer = await startConsumer([handler])
    const good = Array.from({ length: 20 }, () => build())
    await publish(...good.slice(0, 10), bad, ...good.slice(10))
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ key }) => key).sort()).toEqual(good.map(({ subject }) => subject).sort())
    expect((await letters()).map(({ eventId }) => eventId)).toEqual([bad.id])
  })

  it('never overtakes another handler: per key, effects happen in the order of the events', async () => {
    const handlers = [
      onEvents(bookingCreated, async ({ tx, events }) => {
        await insert(tx, events)
        return []
      }),
      onEvent(bookingConfirmed, async ({ tx, event }) => void (await insert(tx, [{ event: event as unknown as CloudEvent }]))),
    ]
    const key = newId()
    await publish(...[1, 2, 3, 4, 5, 6].map((version) => build(key, version, version % 3 === 0 ? bookingConfirmed : bookingCreated)))
    // Only now: what is there at its first look is there all at once.
    const consumer = await startConsumer(handlers)
    await waitFor(async () => (await consumer.lag()) === 0)
    expect((await effects()).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6])
  })
})
