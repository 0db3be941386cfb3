import { setTimeout as sleep } from 'node:timers/promises'
import { topics } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createConsumer, createTransport, onEvents } from '@alcove/events'
import { createClock, createLogger } from '@alcove/kit'
import { renameTopics } from '../../packages/events/test/renamed.ts'

// A consumer of every topic, as reporting is, which ends when it has handled COUNT events. backlog.test.ts gives it little memory.
const { DATABASE, SUFFIX, KAFKA_BROKERS, COUNT } = process.env
const log = createLogger({ service: 'test', level: 'silent' })
const pool = createPool({ url: DATABASE! })
const transport = renameTopics(createTransport({ EVENT_TRANSPORT: 'kafka', KAFKA_BROKERS }, 'test', log), SUFFIX!)
let handled = 0
const handlers = topics.map((topic) => onEvents({ topic, type: '*' }, async ({ events }) => [() => (handled += events.length)]))
const consumer = createConsumer({ service: `backlog-${SUFFIX}`, pool, transport, log, clock: createClock(), handlers, togetherMax: 2000 })
await consumer.start()
while (handled < Number(COUNT)) await sleep(50)
await consumer.stop()
await transport.close()
await pool.end()
