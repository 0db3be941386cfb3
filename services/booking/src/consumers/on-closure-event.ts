import { closureCreated, closureDeleted } from '@alcove/contracts'
import { onEvent, superseded, type Handler } from '@alcove/events'
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
  /** False: a newer version is stored. */
  storeClosure: (tx: PoolClient, closure: StoredClosure, deleted: boolean) => Promise<boolean>
}

/** Closures as claims check them. A deletion that overtakes its creation stays deleted: only newer versions apply. */
export function onClosureEvents(deps: ClosureEventDeps): Handler[] {
  const store = async (tx: PoolClient, closure: StoredClosure, deleted: boolean) => ((await deps.storeClosure(tx, closure, deleted)) ? undefined : superseded)
  return [onEvent(closureCreated, ({ tx, event }) => store(tx, event.data, false)), onEvent(closureDeleted, ({ tx, event }) => store(tx, event.data, true))]
}
