import { bookingRescheduled, bookingRescheduledV2, hasSuccessor, type BookingMove, type BookingState, type CloudEvent } from '@alcove/contracts'
import { onEvent, superseded, type EventContext } from '@alcove/events'
import { noticeReschedule } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

/**
 * v2 tells what the booking cost before. v1 is what a booking of an older release has left on the topic: it counts only where no
 * v2 was published beside it.
 */
export function onBookingRescheduled(deps: ConsumerDeps) {
  const tell = async ({ tx, event, now }: Pick<EventContext, 'tx' | 'now'> & { event: CloudEvent<BookingState | BookingMove> }) => {
    const stores = deps.stores(tx)
    const { isNewer } = await stores.keepBooking(event.data)
    // Replayed late: what became of the booking since was told already.
    if (!isNewer) return superseded
    await stores.oweNotices(noticeReschedule(event.id, event.data), now)
    return deps.wake
  }
  return [onEvent(bookingRescheduledV2, tell), onEvent(bookingRescheduled, async (ctx) => (hasSuccessor(ctx.event) ? undefined : tell(ctx)))]
}
