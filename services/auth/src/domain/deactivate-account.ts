import { accountNotFound, lastAdmin } from '../errors.ts'
import { assertActingAdmin } from './acting-admin.ts'
import { type Account, isActiveAdmin } from './account.ts'
import { changeAccount, describeChange, revokeSessions } from './change-account.ts'
import type { InTransaction, Origin } from './ports.ts'

/**
 * Ends every session and refuses logins for good; repeating it changes nothing. `account.deactivated` cancels the
 * person's bookings elsewhere. Throws `not-found`, and `illegal-transition` for the last active admin.
 */
export async function deactivateAccount(
  deps: { inTransaction: InTransaction; now: () => Date },
  input: { userId: string; actorUserId: string; origin: Origin },
): Promise<Account> {
  const now = deps.now()
  return deps.inTransaction(input.origin, async (stores) => {
    const others = await stores.accounts.countOtherAdmins(input.userId)
    const account = await stores.accounts.lockById(input.userId)
    if (!account) throw accountNotFound()
    await assertActingAdmin(stores, input.actorUserId)
    if (account.status === 'deactivated') return account
    if (isActiveAdmin(account) && others === 0) throw lastAdmin()
    const ids = await stores.sessions.listLiveIds(account.id, now)
    const ended = await revokeSessions(stores, account, { ids, reason: 'deactivated', now })
    const changed = await changeAccount(stores, ended, { status: 'deactivated', deactivatedAt: now })
    await stores.events.deactivated(changed)
    await stores.events.audit({ actorUserId: input.actorUserId, action: 'account.deactivated', ...describeChange(account, changed) })
    return changed
  })
}
