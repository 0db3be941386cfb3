import { closureCreated, closureDeleted } from '@alcove/contracts'
import { onEvent, superseded, type EventContext } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** Only notes the closure: whom it hits is asked of booking by a job, since bookings in flight may still appear. */
export function onClosureChanged(deps: ConsumerDeps) {
  const keep = async (tx: EventContext['tx'], closure: typeof closureCreated.example, isDeleted: boolean) =>
    (await deps.stores(tx).keepClosure(closure, isDeleted)) ? undefined : superseded
  return [onEvent(closureCreated, ({ tx, event }) => keep(tx, event.data, false)), onEvent(closureDeleted, ({ tx, event }) => keep(tx, event.data, true))]
}
