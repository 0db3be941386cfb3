import type { Account } from './account.ts'
import type { AuditEntry, Stores } from './ports.ts'
import type { RevokeReason } from './session.ts'

/** Saves a change of a locked account under its next version, which the caller's event then carries. */
export async function changeAccount(stores: Stores, account: Account, change: Partial<Account>): Promise<Account> {
  const changed = { ...account, ...change, version: account.version + 1 }
  await stores.accounts.save(changed)
  return changed
}

/**
 * Ends sessions of a locked account, one event each: an event for "all sessions" would, at the gateway,
 * also refuse a token issued within the same second by the login that follows.
 */
export async function revokeSessions(
  stores: Stores,
  account: Account,
  revocation: { ids: readonly string[]; reason: RevokeReason; now: Date },
): Promise<Account> {
  let present = account
  for (const id of revocation.ids) {
    if (!(await stores.sessions.revoke({ id, accountId: account.id }, revocation.reason, revocation.now))) continue
    present = await changeAccount(stores, present, {})
    await stores.events.sessionRevoked(present, id, revocation.now)
  }
  return present
}

/** Whose account it was and its status before and after, as the audit log tells it. */
export function describeChange(before: Account, after: Account): Pick<AuditEntry, 'subject' | 'person' | 'before' | 'after'> {
  return { subject: after.id, person: after.id, before: { status: before.status }, after: { status: after.status } }
}
