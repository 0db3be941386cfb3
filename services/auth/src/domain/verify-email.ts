import { invalidToken } from '../errors.ts'
import { changeAccount } from './change-account.ts'
import type { InTransaction, Origin } from './ports.ts'
import { hashOf } from './secrets.ts'

/** Confirms an address with a mailed token (once, within 24 h) and gives the account that registration's credentials. Throws `invalid-credentials`. */
export async function verifyEmail(deps: { inTransaction: InTransaction; now: () => Date }, input: { token: string; origin: Origin }): Promise<void> {
  const now = deps.now()
  await deps.inTransaction(input.origin, async (stores) => {
    const token = await stores.oneTimeTokens.find(hashOf(input.token), 'verify-email', now)
    const account = token && (await stores.accounts.lockById(token.accountId))
    // Used only once the account is locked: of two concurrent uses the later one sees the earlier one's.
    if (!token || account?.status !== 'unverified' || !(await stores.oneTimeTokens.use(token.id, now))) throw invalidToken()
    await stores.oneTimeTokens.useAll(account.id, 'verify-email', now)
    const verified = await changeAccount(stores, account, {
      status: 'active',
      verifiedAt: now,
      passwordHash: token.passwordHash,
      displayName: token.displayName ?? account.displayName,
    })
    await stores.events.verified(verified)
  })
}
