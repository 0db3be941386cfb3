import { closureCreated, closureDeleted } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** Only notes the closure: whom it hits is asked of booking by a job, since bookings in flight may still appear. */
export const onClosureChanged = (deps: ConsumerDeps) => [
  onEvent(closureCreated, ({ tx, event }) => deps.stores(tx).keepClosure(event.data, false)),
  onEvent(closureDeleted, ({ tx, event }) => deps.stores(tx).keepClosure(event.data, true)),
]
