import { accountNotFound } from '../errors.ts'
import { assertActingAdmin } from './acting-admin.ts'
import type { Account } from './account.ts'
import { changeAccount, describeChange } from './change-account.ts'
import type { InTransaction, Origin } from './ports.ts'

/**
 * Undoes a deactivation: the person logs in again with the password they had. Sessions that ended and bookings that were cancelled
 * stay so. Repeating it changes nothing. Throws `not-found`.
 */
export async function reactivateAccount(
  deps: { inTransaction: InTransaction; now: () => Date },
  input: { userId: string; actorUserId: string; origin: Origin },
): Promise<Account> {
  const now = deps.now()
  return deps.inTransaction(input.origin, async (stores) => {
    const account = await stores.accounts.lockById(input.userId)
    if (!account) throw accountNotFound()
    await assertActingAdmin(stores, input.actorUserId)
    if (account.status !== 'deactivated') return account
    // Nobody's address counts as confirmed that never was.
    const status = account.verifiedAt ? 'active' : 'unverified'
    const changed = await changeAccount(stores, account, { status, deactivatedAt: null })
    await stores.events.reactivated(changed, now)
    await stores.events.audit({ actorUserId: input.actorUserId, action: 'account.reactivated', ...describeChange(account, changed) })
    return changed
  })
}
