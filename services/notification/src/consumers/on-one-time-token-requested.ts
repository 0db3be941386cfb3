import { accountPasswordResetRequested, accountVerificationRequested } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { MessageKind } from '../domain/message.ts'
import type { ConsumerDeps } from './deps.ts'

/** The link goes by mail only, and its token is asked of auth when the mail is written: no event and no row holds it. */
export const onOneTimeTokenRequested = (deps: ConsumerDeps) =>
  (
    [
      [accountVerificationRequested, 'verify-email'],
      [accountPasswordResetRequested, 'reset-password'],
    ] as const satisfies readonly [unknown, MessageKind][]
  ).map(([type, kind]) =>
    onEvent(type, async ({ tx, event, now }) => {
      const stores = deps.stores(tx)
      const { userId, oneTimeTokenId } = event.data
      const notice = { eventId: event.id, kind, channels: ['mail'] as const, userId, facts: { oneTimeTokenId } }
      await stores.oweNotices([notice], now)
      return deps.wake
    }),
  )
