import { accountRegistered, accountRolesChanged, accountVerified } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** Keeps who is an operator, for what operators are to be told; a change of roles is told to the person. */
export const onAccountChanged = (deps: ConsumerDeps) => [
  ...[accountRegistered, accountVerified].map((type) =>
    onEvent(type, async ({ tx, event }) => ((await deps.stores(tx).keepOperator(event.data)) ? undefined : superseded)),
  ),
  onEvent(accountRolesChanged, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    if (!(await stores.keepOperator(event.data))) return superseded
    const { userId, roles } = event.data
    await stores.oweNotices([{ eventId: event.id, kind: 'roles-changed', channels: ['mail', 'inbox'], userId, facts: { roles } }], now)
    return deps.wake
  }),
]
