import {
  accountDeactivated,
  accountDeviceAdded,
  accountPasswordChanged,
  accountPasswordResetRequested,
  accountReactivated,
  accountRegistered,
  accountRolesChanged,
  accountSessionRevoked,
  accountVerificationRequested,
  accountVerified,
  type EventType,
} from '@alcove/contracts'
import { recordAudit, writeEvent } from '@alcove/events'
import { toInstant } from '@alcove/kit'
import type { PoolClient } from 'pg'
import type { Account } from '../domain/account.ts'
import type { AccountEvents, Origin } from '../domain/ports.ts'

/** Writes the account's events to the outbox of the transaction; `now` is product time, as in every event. */
export function createAccountEvents(tx: PoolClient, context: { origin: Origin | null; now: Date }): AccountEvents {
  const { origin, now } = context
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
    passwordChanged: ({ id, version }, how) => write(accountPasswordChanged, id, { userId: id, version, how }),
    deviceAdded: ({ id, version }, sessionId, signedInAt) =>
      write(accountDeviceAdded, id, { userId: id, version, sessionId, signedInAt: toInstant(signedInAt) }),
    async audit({ actorUserId, actorType = 'user', ...entry }) {
      const actor = { type: actorType, id: actorUserId }
      const { requestId = null, traceparent, address } = origin ?? {}
      await recordAudit(tx, 'account', { ...entry, actor, requestId, traceparent, address, now })
    },
  }
}
