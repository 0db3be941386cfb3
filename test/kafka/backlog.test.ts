import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { listEventTypes, topics, type EventType, type Topic } from '@alcove/contracts'
import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { newId } from '@alcove/kit'
import { buildEvent, createTestDatabase, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { renameTopics } from '../../packages/events/test/renamed.ts'

const settings = { KAFKA_BROKERS: inject('kafkaBrokers') }
const suffix = randomUUID()
const EVENTS_EACH = 20_000
const BATCH = 500
/** MiB of V8's heap: half of what a service has on a laptop. */
const HEAP_MAX = 80
let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase('none')
  await applyTopics(
    settings,
    topics.map((topic) => ({ name: `${topic}-${suffix}`, partitions: 16, retentionDays: 1 })),
  )
})
afterAll(() => database.drop())

const lengthOf = (type: EventType): number => JSON.stringify(type.example).length

/** The type with the longest example. */
const findLongest = (topic: Topic): EventType => listEventTypes(topic).toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]!

async function publishBacklog(): Promise<void> {
  const transport = renameTopics(createKafkaTransport({ settings, service: 'test', log: { warn: () => undefined } }), suffix)
  for (const topic of topics) {
    const type = findLongest(topic)
    for (let sent = 0; sent < EVENTS_EACH; sent += BATCH) {
      const events = Array.from({ length: BATCH }, () => buildEvent(type, type.example as never, { subject: newId() }))
      await transport.publish(
        topic,
        events.map((event) => ({ key: event.subject, value: JSON.stringify(event) })),
      )
    }
  }
  await transport.close()
}

describe('a backlog on every topic', () => {
  it('drains within a fraction of the memory that a service has', async () => {
    await publishBacklog()
    const count = topics.length * EVENTS_EACH
    const file = fileURLToPath(new URL('backlog-process.ts', import.meta.url))
    const env = { ...process.env, ...settings, DATABASE: database.url, SUFFIX: suffix, COUNT: String(count), NODE_OPTIONS: `--max-old-space-size=${HEAP_MAX}` }
    const consumer = spawn(process.execPath, [file], { env, stdio: ['ignore', 'inherit', 'ignore'] })
    expect(await once(consumer, 'exit')).toEqual([0, null])
    expect((await database.pool.query('SELECT count(*)::int AS count FROM inbox')).rows).toEqual([{ count }])
  })
})
