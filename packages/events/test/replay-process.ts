import { bookingCreated } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createClock, createKillPoints, createLogger } from '@alcove/kit'
import { onEvent, replayDeadLetter } from '../src/index.ts'

// A process with one replay to do, that kills.test.ts has killed at one place.
const { DATABASE, KILL_AT, REPLAY } = process.env
const killPoints = createKillPoints({ enabled: true })
if (KILL_AT) killPoints.arm(KILL_AT)
const log = createLogger({ service: 'test', level: 'silent' })
const pool = createPool({ url: DATABASE! })
const effect = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2)', [event.subject, event.data.version])
})
const actor = { userId: bookingCreated.example.userId, requestId: 'r', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
const service = { pool, handlers: [effect], clock: createClock(), log, killPoints, topic: 'booking', wakeRelay: () => undefined } as const
await replayDeadLetter(service, { id: REPLAY!, actor })
await pool.end()
