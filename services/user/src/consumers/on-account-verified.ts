import { accountVerified } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import type { ConsumerDeps } from './index.ts'

/** The verified registration may bear another name than the first one of that address. */
export const onAccountVerified = (deps: ConsumerDeps) =>
  onEvent(accountVerified, async ({ tx, event, now, traceparent }) => {
    const { userId, version } = event.data
    const { profiles } = deps.storesOf(tx, { now, traceparent })
    if (!(await profiles.advance(userId, version))) return superseded
    await profiles.markNameDue(userId)
    return () => deps.wakeNames()
  })
