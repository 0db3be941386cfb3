import {
  accountDeactivated,
  accountPasswordResetRequested,
  accountReactivated,
  accountRegistered,
  accountRolesChanged,
  accountSessionRevoked,
  accountVerificationRequested,
  accountVerified,
  auditRecorded,
  type EventType,
} from '@alcove/contracts'
import { writeEvent } from '@alcove/events'
import { toInstant } from '@alcove/kit'
import type { PoolClient } from 'pg'
import type { Account } from '../domain/account.ts'
import type { AccountEvents, Origin } from '../domain/ports.ts'

const audit = auditRecorded('account')

/** Writes the account's events to the outbox of the transaction; `now` is product time, as in every event. */
export function createAccountEvents(tx: PoolClient, context: { origin: Origin | null; now: Date; newId: () => string }): AccountEvents {
  const { origin, now, newId } = context
  const write = async (event: EventType, key: string, data: object) => {
    await writeEvent(tx, event, { key, data, now, traceparent: origin?.traceparent })
  }
  const state = ({ id, version, roles, status }: Account) => ({ userId: id, version, roles: [...roles], status })
  return {
    registered: (account) => write(accountRegistered, account.id, state(account)),
    verified: (account) => write(accountVerified, account.id, state(account)),
    rolesChanged: (account) => write(accountRolesChanged, account.id, state(account)),
    deactivated: (account) => write(accountDeactivated, account.id, state(account)),
    reactivated: (account, reactivatedAt) => write(accountReactivated, account.id, { ...state(account), reactivatedAt: toInstant(reactivatedAt) }),
    sessionRevoked: ({ id, version }, sessionId, revokedAt) =>
      write(accountSessionRevoked, id, { userId: id, version, sessionId, revokedAt: toInstant(revokedAt) }),
    oneTimeTokenRequested: ({ id, version }, token) =>
      write(token.purpose === 'verify-email' ? accountVerificationRequested : accountPasswordResetRequested, id, {
        userId: id,
        version,
        oneTimeTokenId: token.id,
        expiresAt: toInstant(token.expiresAt),
      }),
    async audit({ actorUserId, actorType = 'user', action, subject }) {
      const auditId = newId()
      const actor = { type: actorType, id: actorUserId }
      await write(audit, auditId, { auditId, version: 1, at: toInstant(now), actor, action, subject, requestId: origin?.requestId ?? null })
    },
  }
}
