import { userProfileUpdated, userTeamChanged } from '@alcove/contracts'
import { writeEvent } from '@alcove/events'
import type { PoolClient } from 'pg'
import type { UserEvents } from '../domain/ports.ts'

/** Writes user's events to the outbox of the transaction. */
export function createUserEvents(tx: PoolClient, context: { now: Date; traceparent?: string }): UserEvents {
  return {
    async profileUpdated({ id, version, locale, timeZone, planId, status }) {
      await writeEvent(tx, userProfileUpdated, { key: id, data: { userId: id, version, locale, timeZone, planId, status }, ...context })
    },
    async teamChanged({ id, version, members }) {
      await writeEvent(tx, userTeamChanged, {
        key: id,
        data: { teamId: id, version, members: members.map(({ userId, role }) => ({ userId, role })) },
        ...context,
      })
    },
  }
}
