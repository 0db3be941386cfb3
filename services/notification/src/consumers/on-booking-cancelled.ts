import { bookingCancelled } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import { noticeCancellation } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

export const onBookingCancelled = (deps: ConsumerDeps) =>
  onEvent(bookingCancelled, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    const { wasKnown, isNewer } = await stores.keepBooking(event.data)
    // Replayed late: what became of the booking since was told already.
    if (!isNewer) return superseded
    const operatorIds = event.data.reasonCode === 'payment-failed' ? await stores.listOperatorIds() : []
    const notices = noticeCancellation(event.id, event.data, { wasConfirmed: wasKnown, operatorIds })
    await stores.oweNotices(notices, now)
    return deps.wake
  })
