import { bookingCheckedIn, bookingCompleted, bookingNoShow } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** Nobody is told that they came, left or did not come; but who is there already needs no reminder. */
export const onBookingProgressed = (deps: ConsumerDeps) =>
  [bookingCheckedIn, bookingCompleted, bookingNoShow].map((type) =>
    onEvent(type, async ({ tx, event }) => {
      const { isNewer } = await deps.stores(tx).keepBooking(event.data)
      return isNewer ? undefined : superseded
    }),
  )
