import { bookingCreated } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createClock, createKillPoints, createLogger } from '@alcove/kit'
import { createConsumer, createEmbeddedLog, createRelay, onEvent } from '../src/index.ts'

// A process with relay and consumer that kills.test.ts has killed at one place.
const { DATABASE, LOG_DATABASE, KILL_AT } = process.env
const killPoints = createKillPoints({ enabled: true })
if (KILL_AT) killPoints.arm(KILL_AT)
const log = createLogger({ service: 'test', level: 'silent' })
const pool = createPool({ url: DATABASE! })
const transport = createEmbeddedLog({ pool: createPool({ url: LOG_DATABASE! }), log, pollMs: 10 })
const effect = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2)', [event.subject, event.data.version])
})
await createRelay({ pool, transport, service: 'booking', log, killPoints, pollMs: 10 }).start()
await createConsumer({ service: 'killed', pool, transport, log, clock: createClock(), handlers: [effect], killPoints }).start()
