import { bookingCancelled } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import { noticeCancellation } from '../domain/booking-notices.ts'
import type { ConsumerDeps } from './deps.ts'

export const onBookingCancelled = (deps: ConsumerDeps) =>
  onEvent(bookingCancelled, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    const { wasKnown } = await stores.keepBooking(event.data)
    const operatorIds = event.data.reasonCode === 'payment-failed' ? await stores.listOperatorIds() : []
    const notices = noticeCancellation(event.id, event.data, { wasConfirmed: wasKnown, operatorIds })
    await stores.oweNotices(notices, now)
    return deps.wake
  })
