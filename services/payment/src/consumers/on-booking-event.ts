import type { BookingState } from '@alcove/contracts'
import { onEvent, type Handler } from '@alcove/events'
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
    const { rows } = await tx.query<{ due: number }>({
      name: 'target-store',
      text: 'SELECT store_targets($1, $2, $3, $4, $5) AS due',
      values: [bookingId, version, JSON.stringify(attempts), now, deps.realNow()],
    })
    deps.reach('payment.target.written')
    if (rows[0]!.due === 0) return undefined
    return () => {
      deps.reach('payment.target.committed')
      deps.wakeWorker()
    }
  })
}
