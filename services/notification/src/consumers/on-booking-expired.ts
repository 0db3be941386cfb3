import { bookingExpired } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import { noticeExpiry } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

export const onBookingExpired = (deps: ConsumerDeps) =>
  onEvent(bookingExpired, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    await stores.oweNotices(noticeExpiry(event.id, event.data), now)
    return deps.wake
  })
