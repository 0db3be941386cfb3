import { accountRegistered, accountRolesChanged, accountVerified } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** Keeps who is an operator, for what operators are to be told. */
export const onAccountChanged = (deps: ConsumerDeps) =>
  [accountRegistered, accountVerified, accountRolesChanged].map((type) =>
    onEvent(type, async ({ tx, event }) => ((await deps.stores(tx).keepOperator(event.data)) ? undefined : superseded)),
  )
