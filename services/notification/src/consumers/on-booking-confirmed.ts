import { bookingConfirmed } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import { noticeConfirmation } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

/** The confirmation is owed even when a newer version was seen first; reminders follow the newest. */
export const onBookingConfirmed = (deps: ConsumerDeps) =>
  onEvent(bookingConfirmed, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    await stores.keepBooking(event.data)
    await stores.oweNotices(noticeConfirmation(event.id, event.data), now)
    return deps.wake
  })
