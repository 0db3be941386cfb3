import { accountNotFound, lastAdmin } from '../errors.ts'
import { type Account, isActiveAdmin, type RoleName } from './account.ts'
import { assertActingAdmin } from './acting-admin.ts'
import { changeAccount } from './change-account.ts'
import type { InTransaction, Origin } from './ports.ts'

/**
 * Gives a person exactly these roles; the same again changes nothing. Tokens issued before are refused by the gateway within 5 s, the next refresh
 * brings the new roles. Throws `not-found`, `forbidden` when the actor is no admin any more, whatever their token says, and `illegal-transition` when
 * no active admin would remain, also when two admins take the role from each other at once.
 */
export async function setRoles(
  deps: { inTransaction: InTransaction; now: () => Date },
  input: { userId: string; roles: readonly RoleName[]; actorUserId: string; origin: Origin },
): Promise<Account> {
  return deps.inTransaction(input.origin, async (stores) => {
    const others = await stores.accounts.countOtherAdmins(input.userId)
    const account = await stores.accounts.lockById(input.userId)
    if (!account) throw accountNotFound()
    if (isActiveAdmin(account) && !input.roles.includes('admin') && others === 0) throw lastAdmin()
    await assertActingAdmin(stores, input.actorUserId)
    if (isSameSet(account.roles, input.roles)) return account
    const changed = await changeAccount(stores, account, { roles: input.roles })
    await stores.accounts.noteRolesChanged(changed.id, changed.version, deps.now())
    await stores.events.rolesChanged(changed)
    await stores.events.audit({
      actorUserId: input.actorUserId,
      action: 'roles.changed',
      subject: account.id,
      person: account.id,
      before: { roles: [...account.roles] },
      after: { roles: [...changed.roles] },
    })
    return changed
  })
}

function isSameSet(present: readonly RoleName[], wanted: readonly RoleName[]): boolean {
  return present.length === wanted.length && wanted.every((role) => present.includes(role))
}
