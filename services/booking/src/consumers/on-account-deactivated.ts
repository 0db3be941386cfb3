import { accountDeactivated } from '@alcove/contracts'
import { onEvent, superseded, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'

export interface AccountDeactivatedDeps {
  /** False: it is stored already. */
  storeDeactivation: (tx: PoolClient, row: { userId: string; version: number; now: Date }) => Promise<boolean>
  /** Cancels at once; the job runs it again until no claim can have escaped. */
  sweepSoon: () => void
}

export function onAccountDeactivated(deps: AccountDeactivatedDeps): Handler {
  return onEvent(accountDeactivated, async ({ tx, event, now }) => {
    const { userId, version } = event.data
    return (await deps.storeDeactivation(tx, { userId, version, now })) ? deps.sweepSoon : superseded
  })
}
