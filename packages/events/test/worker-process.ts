import { bookingCreated } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createClock, createKillPoints, createLogger } from '@alcove/kit'
import { createConsumer, createEmbeddedLog, createRelay, onEvent, replayDeadLetter } from '../src/index.ts'

// A process with relay and consumer, or with one replay to do, that kills.test.ts has killed at one place.
const { DATABASE, LOG_DATABASE, KILL_AT, REPLAY } = process.env
const killPoints = createKillPoints({ enabled: true })
if (KILL_AT) killPoints.arm(KILL_AT)
const log = createLogger({ service: 'test', level: 'silent' })
const pool = createPool({ url: DATABASE! })
const clock = createClock()
const effect = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2)', [event.subject, event.data.version])
})

if (REPLAY) {
  const actor = { userId: bookingCreated.example.userId, requestId: 'r', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  await replayDeadLetter({ pool, handlers: [effect], clock, log, killPoints, topic: 'booking', wakeRelay: () => undefined }, { id: REPLAY, actor })
  await pool.end()
} else {
  const transport = createEmbeddedLog({ pool: createPool({ url: LOG_DATABASE! }), log, pollMs: 10 })
  await createRelay({ pool, transport, service: 'booking', log, killPoints, pollMs: 10 }).start()
  await createConsumer({ service: 'killed', pool, transport, log, clock, handlers: [effect], killPoints }).start()
}
