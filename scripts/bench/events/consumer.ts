import { setTimeout as sleep } from 'node:timers/promises'
import { userProfileUpdated } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createConsumer, createTransport, onEvents } from '@alcove/events'
import { toQuantiles } from '../load.ts'
import { serveCommands } from '../process.ts'
import { log, type TransportEnv } from './settings.ts'

// A service that handles events as reporting does: inbox rows and the effect of many in one transaction.
const [databaseUrl = '', transportEnv = ''] = process.argv.slice(2)
const pool = createPool({ url: databaseUrl, max: 8, applicationName: 'bench-consumer' })
const transport = createTransport(JSON.parse(transportEnv) as TransportEnv, 'notification', log)

const EFFECT = `INSERT INTO profile AS p (user_id, version) SELECT * FROM unnest($1::uuid[], $2::int[])
  ON CONFLICT (user_id) DO UPDATE SET version = excluded.version WHERE p.version < excluded.version`
let latenciesMs: number[] = []
let handled = 0
let firstAt = 0
/** Then nobody asks for latencies. */
let draining = false
const handler = onEvents(userProfileUpdated, async ({ tx, events }) => {
  firstAt ||= performance.now()
  const newest = new Map(events.map(({ event }) => [event.data.userId, event.data.version]))
  await tx.query({ name: 'effect', text: EFFECT, values: [[...newest.keys()], [...newest.values()]] })
  return [
    () => {
      const now = Date.now()
      handled += events.length
      if (!draining) for (const { event } of events) latenciesMs.push(now - Date.parse(event.time))
    },
  ]
})
const consumer = createConsumer({ service: 'notification', transport, pool, log, handlers: [handler], togetherMax: 2000, clock: { now: () => new Date() } })

serveCommands({
  async start(): Promise<void> {
    await pool.query('CREATE TABLE profile (user_id uuid PRIMARY KEY, version integer NOT NULL) WITH (fillfactor = 50)')
    await consumer.start()
  },

  /** Forgets what was measured, or answers it once `count` events more have had their effect. */
  async measure({ count }: { count: number }): Promise<{ p50Ms: number; p99Ms: number }> {
    while (handled < count) await sleep(10)
    const { p50Ms, p99Ms } = toQuantiles(latenciesMs)
    latenciesMs = []
    handled = 0
    return { p50Ms, p99Ms }
  },

  /** Leaves the group, so that nothing is fetched ahead. */
  async stop(): Promise<void> {
    await consumer.stop()
  },

  /** Joins again and handles what has gathered; answers how many a second, from the first on. */
  async drain({ count }: { count: number }): Promise<number> {
    handled = 0
    firstAt = 0
    draining = true
    await consumer.start()
    while (handled < count) await sleep(5)
    return count / ((performance.now() - firstAt) / 1000)
  },

  /** The transport alone: a new group takes `count` messages and at most parses them; answers how many a second, from the first on. */
  async consumeBare({ topic, count, parsed }: { topic: string; count: number; parsed: boolean }): Promise<number> {
    let seen = 0
    let startedAt = 0
    const subscription = await transport.subscribe({
      group: parsed ? 'notification.parsed' : 'notification.bare',
      topics: [topic],
      onBatch: async (deliveries) => {
        startedAt ||= performance.now()
        if (parsed) for (const { value } of deliveries) JSON.parse(value)
        seen += deliveries.length
      },
    })
    while (seen < count) await sleep(5)
    const perSecond = seen / ((performance.now() - startedAt) / 1000)
    await subscription.stop()
    return perSecond
  },

  async end(): Promise<void> {
    await consumer.stop()
    await transport.close()
    await pool.end()
  },
})
