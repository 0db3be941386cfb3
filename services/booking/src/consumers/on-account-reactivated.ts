import { accountReactivated } from '@alcove/contracts'
import { onEvent, superseded, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'

export interface AccountReactivatedDeps {
  /** False: a newer decision about this person is stored already. */
  storeReactivation: (tx: PoolClient, row: { userId: string; version: number }) => Promise<boolean>
}

/** The person may claim again; what their deactivation cancelled stays cancelled. */
export function onAccountReactivated(deps: AccountReactivatedDeps): Handler {
  return onEvent(accountReactivated, async ({ tx, event }) => {
    const { userId, version } = event.data
    return (await deps.storeReactivation(tx, { userId, version })) ? undefined : superseded
  })
}
