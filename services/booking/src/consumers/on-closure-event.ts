import { closureCreated, closureDeleted } from '@alcove/contracts'
import { onEvent, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'

export interface StoredClosure {
  closureId: string
  version: number
  locationId: string
  spaceIds: string[] | null
  startsAt: string
  endsAt: string
}

export interface ClosureEventDeps {
  storeClosure: (tx: PoolClient, closure: StoredClosure, deleted: boolean) => Promise<void>
}

/** Closures as claims check them. A deletion that overtakes its creation stays deleted: only newer versions apply. */
export function onClosureEvents(deps: ClosureEventDeps): Handler[] {
  return [
    onEvent(closureCreated, ({ tx, event }) => deps.storeClosure(tx, event.data, false)),
    onEvent(closureDeleted, ({ tx, event }) => deps.storeClosure(tx, event.data, true)),
  ]
}
