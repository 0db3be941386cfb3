import { userProfileUpdated, userTeamChanged, userTeamInvited } from '@alcove/contracts'
import { recordAudit, writeEvent } from '@alcove/events'
import { toInstant } from '@alcove/kit'
import type { PoolClient } from 'pg'
import type { Actor, UserEvents } from '../domain/ports.ts'

/** Writes user's events to the outbox of the transaction. */
export function createUserEvents(tx: PoolClient, context: { now: Date; traceparent?: string; actor?: Actor }): UserEvents {
  const { now, traceparent, actor } = context
  return {
    async profileUpdated({ id, version, locale, timeZone, planId, status }) {
      await writeEvent(tx, userProfileUpdated, { key: id, data: { userId: id, version, locale, timeZone, planId, status }, now, traceparent })
    },
    async teamInvited({ id, teamId, userId, role, expiresAt }) {
      const data = { invitationId: id, version: 1, teamId, userId, role, expiresAt: toInstant(expiresAt) }
      await writeEvent(tx, userTeamInvited, { key: id, data, now, traceparent })
    },
    async teamChanged({ id, version, members }) {
      await writeEvent(tx, userTeamChanged, {
        key: id,
        data: { teamId: id, version, members: members.map(({ userId, role }) => ({ userId, role })) },
        now,
        traceparent,
      })
    },
    async audit(act) {
      if (!actor) return
      const { userId, requestId, address } = actor
      await recordAudit(tx, 'user', { ...act, actor: { type: 'user', id: userId }, requestId, address, traceparent, now })
    },
  }
}
