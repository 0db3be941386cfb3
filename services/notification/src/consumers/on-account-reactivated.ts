import { accountReactivated } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** An operator is told of operators' things again, and everybody that they may log in. */
export const onAccountReactivated = (deps: ConsumerDeps) =>
  onEvent(accountReactivated, async ({ tx, event, now }) => {
    const stores = deps.stores(tx)
    await stores.keepOperator(event.data)
    const notice = { eventId: event.id, kind: 'account-reactivated' as const, channels: ['mail'] as const, userId: event.data.userId, facts: {} }
    await stores.oweNotices([notice], now)
    return deps.wake
  })
