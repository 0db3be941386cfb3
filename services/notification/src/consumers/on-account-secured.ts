import { accountDeviceAdded, accountPasswordChanged } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** What may be somebody else's doing is told by mail, which whoever is in the account cannot take back. */
export const onAccountSecured = (deps: ConsumerDeps) => [
  onEvent(accountPasswordChanged, async ({ tx, event: { id, data }, now }) => {
    await deps.stores(tx).oweNotices([{ ...byMail, eventId: id, userId: data.userId, kind: 'password-changed', facts: { how: data.how } }], now)
    return deps.wake
  }),
  onEvent(accountDeviceAdded, async ({ tx, event: { id, data }, now }) => {
    await deps.stores(tx).oweNotices([{ ...byMail, eventId: id, userId: data.userId, kind: 'new-sign-in', facts: { signedInAt: data.signedInAt } }], now)
    return deps.wake
  }),
]

const byMail = { channels: ['mail'] as const }
