import { bookingConfirmed, bookingCreated, type CloudEvent, type EventType } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createLogger, newId, Registry } from '@alcove/kit'
import { buildEvent, createTestClock, createTestDatabase, createTestLog, waitFor, type TestDatabase } from '@alcove/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createConsumer,
  createEmbeddedLog,
  listDeadLetters,
  onEvent,
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
    await waitFor(() => refusals > 6, { timeoutMs: 20_000 })
    expect(await letters()).toEqual([])
    available = true
    await waitFor(async () => (await consumer.lag()) === 0, { timeoutMs: 20_000 })
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
