import { bookingRescheduled } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import { noticeReschedule } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

export const onBookingRescheduled = (deps: ConsumerDeps) =>
  onEvent(bookingRescheduled, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    await stores.keepBooking(event.data)
    await stores.oweNotices(noticeReschedule(event.id, event.data), now)
    return deps.wake
  })
