import type { BookingState } from '@alcove/contracts'
import { onEvent, superseded, type Handler } from '@alcove/events'
import type { ReachKillPoint } from '../domain/kill-points.ts'

export interface BookingEventDeps {
  reach: ReachKillPoint
  realNow: () => Date
  wakeWorker: () => void
}

/**
 * Every booking event says how much of each attempt is to be kept. The handler only stores that, if it is newer than what it has, in the
 * inbox transaction; a worker moves the money afterwards. Two versions of one event say the same under one `version`: the second is not newer.
 */
export function onBookingEvent(deps: BookingEventDeps): Handler {
  return onEvent({ topic: 'booking', type: 'booking.*' }, async ({ tx, event, now }) => {
    const { bookingId, version, attempts } = event.data as Partial<BookingState>
    if (!bookingId || !version || !attempts || attempts.length === 0) return undefined
    deps.reach('payment.target.received')
    const { rows } = await tx.query<{ due: number; is_older: boolean }>({
      name: 'target-store',
      text: `WITH stored AS MATERIALIZED (SELECT store_targets($1, $2, $3, $4, $5) AS due)
        SELECT due, due = 0 AND EXISTS (SELECT FROM target WHERE booking_id = $1 AND booking_version > $2) AS is_older FROM stored`,
      values: [bookingId, version, JSON.stringify(attempts), now, deps.realNow()],
    })
    deps.reach('payment.target.written')
    const { due, is_older: isOlder } = rows[0]!
    if (due === 0) return isOlder ? superseded : undefined
    return () => {
      deps.reach('payment.target.committed')
      deps.wakeWorker()
    }
  })
}
