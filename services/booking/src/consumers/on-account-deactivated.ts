import { accountDeactivated } from '@alcove/contracts'
import { onEvent, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'

export interface AccountDeactivatedDeps {
  storeDeactivation: (tx: PoolClient, row: { userId: string; version: number; now: Date }) => Promise<void>
  /** Cancels at once; the job runs it again until no claim can have escaped. */
  sweepSoon: () => void
}

export function onAccountDeactivated(deps: AccountDeactivatedDeps): Handler {
  return onEvent(accountDeactivated, async ({ tx, event, now }) => {
    await deps.storeDeactivation(tx, { userId: event.data.userId, version: event.data.version, now })
    return deps.sweepSoon
  })
}
