import { bookingCreated, type CloudEvent, type EventType } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createLogger, newId } from '@alcove/kit'
import { buildEvent, createTestClock, createTestDatabase, createTestLog, waitFor, type TestDatabase } from '@alcove/testing'
import { createConsumer, createEmbeddedLog, listDeadLetters, onEvent, type Consumer, type ConsumerOptions, type Handler, type Transport } from '../src/index.ts'

const log = createLogger({ service: 'test', level: 'silent' })
let groups = 0

/** A service's database and an embedded log, with consumers that are really running. */
export interface ConsumerFixture {
  database: TestDatabase
  transport: Transport
  startConsumer(handlers: Handler[], options?: Partial<ConsumerOptions>): Promise<Consumer>
  /** Resolves when a consumer has nothing left. */
  drained(consumer: Consumer): Promise<void>
  publish(...events: CloudEvent[]): Promise<void>
  /** A message as somebody careless would write it. */
  publishRaw(value: string, key?: string): Promise<void>
  effects(): Promise<{ key: string; version: number }[]>
  letters(): ReturnType<typeof listDeadLetters>
  /** Also removes what was published, for a new group reads from the beginning. */
  stopConsumers(): Promise<void>
  close(): Promise<void>
}

/** Writes what `effects` reads. */
export const record = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
})

export const build = (key = newId(), version = 1, eventType: EventType = bookingCreated) =>
  buildEvent(eventType, { ...bookingCreated.example, bookingId: key, version } as typeof bookingCreated.example, { subject: key })

export async function createConsumerFixture(): Promise<ConsumerFixture> {
  const [database, logDatabase] = await Promise.all([createTestDatabase('none'), createTestLog()])
  await database.pool.query('CREATE TABLE effect (event_id uuid, key text, version int)')
  const transport = createEmbeddedLog({ pool: createPool({ url: logDatabase.url, statementTimeoutMs: 60_000 }), log, pollMs: 10 })
  const consumers: Consumer[] = []
  const publishRaw = (value: string, key = newId()) => transport.publish('booking', [{ key, value }])
  const stopConsumers = async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()))
    await logDatabase.pool.query('DELETE FROM log_record')
  }
  return {
    database,
    transport,
    async startConsumer(handlers, options = {}) {
      groups += 1
      const consumer = createConsumer({ service: `g${groups}`, pool: database.pool, transport, log, clock: createTestClock(), handlers, ...options })
      consumers.push(consumer)
      await consumer.start()
      return consumer
    },
    drained: async (consumer) =>
      void (await waitFor(async () => (await consumer.lag()) === 0, { timeoutMs: 30_000, what: 'the consumer to have nothing left' })),
    publish: (...events) =>
      transport.publish(
        'booking',
        events.map((event) => ({ key: event.subject, value: JSON.stringify(event) })),
      ),
    publishRaw,
    effects: async () => (await database.pool.query<{ key: string; version: number }>('SELECT key, version FROM effect')).rows,
    letters: () => listDeadLetters(database.pool, { limit: 50 }),
    stopConsumers,
    async close() {
      await stopConsumers()
      await transport.close()
      await Promise.all([database.drop(), logDatabase.drop()])
    },
  }
}
