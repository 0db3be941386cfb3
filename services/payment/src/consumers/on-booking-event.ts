import type { BookingState } from '@alcove/contracts'
import { onEvents, superseded, type EffectResult, type Handler } from '@alcove/events'
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
  return onEvents({ topic: 'booking', type: 'booking.*' }, async ({ tx, events }) => {
    const told = events.map(({ event }) => event.data as Partial<BookingState>)
    const wishes = told.flatMap(({ bookingId, version, attempts = [] }, index) =>
      bookingId && version && attempts.length > 0 ? [{ index, bookingId, version, attempts }] : [],
    )
    if (wishes.length === 0) return []
    deps.reach('payment.target.received')
    const { rows } = await tx.query<{ due: number; is_older: boolean }>({
      name: 'targets-store',
      text: `WITH stored AS MATERIALIZED (
          SELECT w.booking, w.version, store_targets(w.booking, w.version, w.attempts, $4, $5) AS due
          FROM unnest($1::uuid[], $2::integer[], $3::jsonb[]) AS w (booking, version, attempts))
        SELECT due, due = 0 AND EXISTS (SELECT FROM target WHERE booking_id = s.booking AND booking_version > s.version) AS is_older FROM stored s`,
      values: [
        wishes.map(({ bookingId }) => bookingId),
        wishes.map(({ version }) => version),
        wishes.map(({ attempts }) => JSON.stringify(attempts)),
        events[0]!.now,
        deps.realNow(),
      ],
    })
    deps.reach('payment.target.written')
    const results: EffectResult[] = []
    for (const [at, { index }] of wishes.entries()) results[index] = toResult(rows[at]!, deps)
    return results
  })
}

function toResult({ due, is_older: isOlder }: { due: number; is_older: boolean }, deps: BookingEventDeps): EffectResult {
  if (due === 0) return isOlder ? superseded : undefined
  return () => {
    deps.reach('payment.target.committed')
    deps.wakeWorker()
  }
}
