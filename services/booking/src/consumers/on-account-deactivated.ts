import { accountDeactivated } from '@alcove/contracts'
import { onEvent, superseded, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'

export interface AccountDeactivatedDeps {
  /** False: it is stored already. */
  storeDeactivation: (tx: PoolClient, row: { userId: string; version: number; deactivatedAt: Date }) => Promise<boolean>
  /** Cancels at once; the job runs it again until no claim can have escaped. */
  sweepSoon: () => void
}

export function onAccountDeactivated(deps: AccountDeactivatedDeps): Handler {
  return onEvent(accountDeactivated, async ({ tx, event }) => {
    const { userId, version } = event.data
    // When it happened and not when it was heard of: that decides which bookings were still ahead, and so what comes back.
    const deactivatedAt = new Date(event.time)
    return (await deps.storeDeactivation(tx, { userId, version, deactivatedAt })) ? deps.sweepSoon : superseded
  })
}
