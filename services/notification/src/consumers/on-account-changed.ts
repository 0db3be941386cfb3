import { accountRegistered, accountRolesChanged, accountVerified } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** Keeps who is an operator, for what operators are to be told. */
export const onAccountChanged = (deps: ConsumerDeps) =>
  [accountRegistered, accountVerified, accountRolesChanged].map((type) => onEvent(type, ({ tx, event }) => deps.stores(tx).keepOperator(event.data)))
