import type { Queryable } from '@alcove/database'
import type { Act, BookingStore, ClaimOutcome, SettledAttempt, TransitionOutcome } from '../domain/ports.ts'
import { Refusal, type RefusalSlug } from '../domain/refusal.ts'
import { toBooking } from './booking-row.ts'

interface Answer {
  outcome: string
  bookingId?: string
  booking?: Record<string, unknown>
  attempt?: SettledAttempt['attempt']
}

interface DatabaseError extends Error {
  code?: string
  detail?: string
}

const REFUSED = 'AL000'
const QUERY_CANCELED = '57014'
// Deadlock and serialization failure: the database asks for a repeat, and the second try meets another order.
const REPEATABLE = new Set(['40P01', '40001'])

/**
 * Calls one database function that changes bookings: one round trip, one transaction (autocommit), prepared once a
 * connection. `afterCommit` wakes the relay, so that the event does not wait for its next poll.
 */
function createCall(db: Queryable, afterCommit: () => void, canRepeat: boolean) {
  return async function call<T = Answer>(name: string, values: unknown[]): Promise<T> {
    const text = `SELECT ${name}(${values.map((_, index) => `$${index + 1}`).join(', ')}) AS answer`
    // A statement of an open transaction cannot be repeated alone: its owner repeats the whole.
    for (let repeated = !canRepeat; ; repeated = true) {
      try {
        const { rows } = await db.query<{ answer: T }>({ name, text, values })
        afterCommit()
        return rows[0]!.answer
      } catch (error) {
        const { code, message, detail } = error as DatabaseError
        if (code === REFUSED) throw new Refusal(message as RefusalSlug, detail ? JSON.parse(detail) : {})
        if (repeated || !REPEATABLE.has(code ?? '')) throw error
      }
    }
  }
}

// Takes turns with settle_attempt at the attempt's row: one of the two sees what the other did.
const PROMISE = `UPDATE attempt SET promised = true WHERE booking_id = $1 AND status = 'open'`

const toTransition = (answer: Answer): TransitionOutcome =>
  answer.outcome === 'repeat' ? { outcome: 'repeat', bookingId: answer.bookingId! } : { outcome: 'done', booking: toBooking(answer.booking!) }

const when = ({ now, by: { type, id, traceparent } }: Act): [Date, string] => [now, JSON.stringify({ type, id, traceparent })]

/** The store over a pool, or over the client of a consumer's transaction. */
export function createBookingStore(db: Queryable, afterCommit: () => void = () => undefined, canRepeat = true): BookingStore {
  const call = createCall(db, afterCommit, canRepeat)
  return {
    async claim(input, act): Promise<ClaimOutcome> {
      try {
        const answer = await call('claim_booking', [JSON.stringify(input), ...when(act)])
        return answer.outcome === 'repeat' ? { outcome: 'repeat', bookingId: answer.bookingId! } : { outcome: 'claimed', booking: toBooking(answer.booking!) }
      } catch (error) {
        // Waited for the first request with this key until the statement's time was up.
        if (input.key && (error as DatabaseError).code === QUERY_CANCELED) throw new Refusal('key-busy')
        throw error
      }
    },
    async settleAttempt({ attemptId, status, paymentId, reason }, act) {
      const answer = await call<Answer | null>('settle_attempt', [attemptId, status, paymentId, reason, ...when(act)])
      return answer ? { attempt: answer.attempt!, booking: toBooking(answer.booking!) } : undefined
    },
    async promise(bookingId) {
      const { rowCount } = await db.query({ name: 'promise-attempt', text: PROMISE, values: [bookingId] })
      return rowCount === 1
    },
    async noteNextAction(attemptId, nextAction) {
      await db.query("UPDATE attempt SET next_action = $2 WHERE id = $1 AND status = 'open'", [attemptId, nextAction && JSON.stringify(nextAction)])
    },
    startPayment: async ({ bookingId, attempt, key }, act) =>
      toTransition(await call('start_payment', [bookingId, JSON.stringify(attempt), key ? JSON.stringify(key) : null, ...when(act)])),
    async startChange(input, act) {
      const answer = await call('start_change', [JSON.stringify(input), ...when(act)])
      return { outcome: answer.outcome as 'pending' | 'changed', booking: toBooking(answer.booking!) }
    },
    async changeWords({ bookingId, version, words }, act) {
      return toBooking((await call('change_words', [bookingId, version, JSON.stringify(words), ...when(act)])).booking!)
    },
    cancel: async ({ bookingId, version, reasonCode, percent, reason, key }, act) =>
      toTransition(await call('cancel_booking', [bookingId, version, reasonCode, percent, reason, key ? JSON.stringify(key) : null, ...when(act)])),
    checkIn: async ({ bookingId, version, key }, act) =>
      toTransition(await call('check_in_booking', [bookingId, version, key ? JSON.stringify(key) : null, ...when(act)])),
    checkOut: async ({ bookingId, version, key }, act) =>
      toTransition(await call('check_out_booking', [bookingId, version, key ? JSON.stringify(key) : null, ...when(act)])),
    releaseHold: ({ holdId, userId }, act) => call<boolean>('release_hold', [holdId, userId, ...when(act)]),
  }
}
