import { accountDeactivated } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** By mail only: the person cannot open the inbox any more. */
export const onAccountDeactivated = (deps: ConsumerDeps) =>
  onEvent(accountDeactivated, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    await stores.keepOperator(event.data)
    const notice = { eventId: event.id, kind: 'account-deactivated' as const, channels: ['mail'] as const, userId: event.data.userId, facts: {} }
    await stores.oweNotices([notice], now)
    return deps.wake
  })
