import { bookingCreated } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createClock, createKillPoints, createLogger } from '@alcove/kit'
import { createConsumer, createRelay, createTransport, onEvent } from '../src/index.ts'
import { renameTopics } from './renamed.ts'

// A process with relay and consumer that pipeline.ts has killed at one place.
const { DATABASE, KILL_AT, SUFFIX, EVENT_TRANSPORT, EVENT_LOG_DATABASE_URL, KAFKA_BROKERS } = process.env
const killPoints = createKillPoints({ enabled: true })
if (KILL_AT) killPoints.arm(KILL_AT)
const log = createLogger({ service: 'test', level: 'silent' })
const pool = createPool({ url: DATABASE! })
const transport = renameTopics(createTransport({ EVENT_TRANSPORT: EVENT_TRANSPORT!, EVENT_LOG_DATABASE_URL, KAFKA_BROKERS }, 'test', log), SUFFIX!)
const effect = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2)', [event.subject, event.data.version])
})
await createRelay({ pool, transport, service: 'booking', log, killPoints, pollMs: 10 }).start()
await createConsumer({ service: `killed-${SUFFIX}`, pool, transport, log, clock: createClock(), handlers: [effect], killPoints }).start()
