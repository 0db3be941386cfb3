import { userTeamInvited } from '@alcove/contracts'
import { onEvent } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'

/** The invited person is told; the team's name is asked when the message is written, and an invitation that is gone by then is told nobody. */
export const onTeamInvited = (deps: ConsumerDeps) =>
  onEvent(userTeamInvited, async ({ tx, event, now }) => {
    const { userId, invitationId } = event.data
    const notice = { eventId: event.id, kind: 'team-invited' as const, channels: ['mail', 'inbox'] as const, userId, facts: { invitationId } }
    await deps.stores(tx).oweNotices([notice], now)
    return deps.wake
  })
