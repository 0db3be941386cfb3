import { bookingConfirmed } from '@alcove/contracts'
import { onEvents } from '@alcove/events'
import { noticeConfirmation } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

/** The confirmation is owed even when a newer version was seen first; reminders follow the newest. */
export const onBookingConfirmed = (deps: ConsumerDeps) =>
  onEvents(bookingConfirmed, async ({ tx, events }) => {
    const stores = deps.stores(tx)
    await stores.keepBookings(events.map(({ event }) => event.data))
    const notices = events.flatMap(({ event }) => noticeConfirmation(event.id, event.data))
    await stores.oweNotices(notices, events[0]!.now)
    return events.map(() => deps.wake)
  })
