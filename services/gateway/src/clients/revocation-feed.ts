import type { ServiceClient } from '@alcove/client'
import { accountDeactivated, accountReactivated, accountRolesChanged, accountSessionRevoked, listRevocations, type CloudEvent } from '@alcove/contracts'
import type { Lifecycle, Logger } from '@alcove/kit'
import type { Revocations } from '../domain/revocations.ts'

/** What the gateway listens to, as its `service.yaml` declares. */
export const accountEvents = [accountSessionRevoked, accountDeactivated, accountReactivated, accountRolesChanged]

/** Applies one of {@link accountEvents}. */
export function applyAccountEvent(revocations: Revocations, event: CloudEvent): void {
  if (event.type === accountSessionRevoked.type) {
    const { userId, sessionId, revokedAt } = event.data as typeof accountSessionRevoked.example
    revocations.revoke({ userId, sessionId, revokedAtMs: Date.parse(revokedAt) })
  } else if (event.type === accountDeactivated.type) {
    // The event's own time may be on a moved clock; sessions begin in real time.
    revocations.revoke({ userId: (event.data as { userId: string }).userId, sessionId: null, revokedAtMs: Date.now() })
  } else if (event.type === accountReactivated.type) {
    const { userId, reactivatedAt } = event.data as typeof accountReactivated.example
    revocations.readmit(userId, Date.parse(reactivatedAt))
  } else if (event.type === accountRolesChanged.type) {
    revocations.noteRoleChange(event.data as typeof accountRolesChanged.example)
  }
}

const retryMs = 500

/**
 * Asks auth what was revoked before this process listened, until it answers. Started after the broadcast, so that nothing falls
 * between the two; the process is not ready before.
 */
export function createRevocationLoader(deps: { client: ServiceClient; revocations: Revocations; log: Logger }): Lifecycle & { loaded(): boolean } {
  const { client, revocations, log } = deps
  let loaded = false
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function load(): Promise<void> {
    try {
      const { body } = await client.call(listRevocations)
      for (const { userId, sessionId, revokedAt } of body.items) revocations.revoke({ userId, sessionId, revokedAtMs: Date.parse(revokedAt) })
      for (const change of body.roleChanges ?? []) revocations.noteRoleChange(change)
      loaded = true
      log.info({ count: body.items.length }, 'revocations loaded')
    } catch (error) {
      log.debug({ err: error }, 'revocations not loaded yet')
      if (!stopped) timer = setTimeout(() => void load(), retryMs)
    }
  }

  return {
    name: 'revocations',
    phase: 'request',
    loaded: () => loaded,
    start: async () => void load(),
    stop: async () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
