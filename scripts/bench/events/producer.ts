import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { userProfileUpdated } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createRelay, createTransport, writeEvent, type Message } from '@alcove/events'
import { newId } from '@alcove/kit'
import { serveCommands } from '../process.ts'
import { log, people, type TransportEnv } from './settings.ts'

/** As the relay sends them. */
const BATCH = 500
const TICK_MS = 5

// A service that writes events: outbox rows, each its own transaction, and the relay of the same process.
const [databaseUrl = '', transportEnv = ''] = process.argv.slice(2)
const pool = createPool({ url: databaseUrl, max: 8, applicationName: 'bench-producer' })
const transport = createTransport(JSON.parse(transportEnv) as TransportEnv, 'user', log)
const relay = createRelay({ pool, transport, service: 'user', log })
const keys = Array.from({ length: people.many }, () => randomUUID())
let written = 0

async function writeOne(): Promise<void> {
  const key = keys[written % people.few]!
  written += 1
  await writeEvent(pool, userProfileUpdated, { key, data: { ...userProfileUpdated.example, userId: key, version: written }, now: new Date() })
  relay.wake()
}

/** A batch as the relay sends it, of events of so many people in turn. */
function buildBatch(peopleCount: number): Message[] {
  return Array.from({ length: BATCH }, () => {
    const key = keys[written % peopleCount]!
    written += 1
    const { type, example } = userProfileUpdated
    const envelope = { specversion: '1.0', id: newId(), source: '/alcove/user', type, subject: key, time: new Date().toISOString() }
    return { key, value: JSON.stringify({ ...envelope, datacontenttype: 'application/json', data: { ...example, userId: key, version: written } }) }
  })
}

const isOutboxEmpty = async () => (await pool.query('SELECT FROM outbox LIMIT 1')).rowCount === 0

serveCommands({
  /** Writes `perSecond` events a second, in time however slow the writing is, and settles when the outbox is empty. */
  async write({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<number> {
    await relay.start()
    const startedAt = performance.now()
    const running: Promise<void>[] = []
    for (let due = 0; due < perSecond * seconds; await sleep(TICK_MS)) {
      const until = Math.min(perSecond * seconds, ((performance.now() - startedAt) / 1000) * perSecond)
      for (; due < until; due += 1) running.push(writeOne())
    }
    await Promise.all(running)
    while (!(await isOutboxEmpty())) await sleep(20)
    return running.length
  },

  /** Fills the outbox, then lets the relay empty it; answers how many left it a second. */
  async publishBacklog({ count }: { count: number }): Promise<number> {
    await relay.stop()
    await pool.query(
      `INSERT INTO outbox (topic, key, type, data, occurred_at)
       SELECT $1, key, $3, $4::jsonb || jsonb_build_object('userId', key, 'version', n), now()
       FROM generate_series($5::int + 1, $5::int + $6::int) n, LATERAL (SELECT ($2::text[])[1 + n % cardinality($2::text[])] AS key) k`,
      [userProfileUpdated.topic, keys.slice(0, people.few), userProfileUpdated.type, JSON.stringify(userProfileUpdated.example), written, count],
    )
    written += count
    const startedAt = performance.now()
    await relay.start()
    while (!(await isOutboxEmpty())) await sleep(20)
    return count / ((performance.now() - startedAt) / 1000)
  },

  /** A backlog without an outbox, of events of `people`. */
  async publishEvents({ count, people: among }: { count: number; people: number }): Promise<void> {
    for (let sent = 0; sent < count; sent += BATCH) await transport.publish(userProfileUpdated.topic, buildBatch(among))
  },

  /** The transport alone, batches of the relay's size one after another; answers how many a second. */
  async publishBare({ topic, count }: { topic: string; count: number }): Promise<number> {
    const messages = buildBatch(people.few)
    await transport.publish(topic, messages)
    const startedAt = performance.now()
    for (let sent = BATCH; sent < count; sent += BATCH) await transport.publish(topic, messages)
    return (count - BATCH) / ((performance.now() - startedAt) / 1000)
  },

  async end(): Promise<void> {
    await relay.stop()
    await transport.close()
    await pool.end()
  },
})
