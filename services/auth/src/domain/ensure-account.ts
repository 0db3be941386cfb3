import { type Account, normaliseEmail, type RoleName } from './account.ts'
import type { AccountReader, InTransaction, PasswordHasher } from './ports.ts'

/**
 * Makes a verified account unless the address has one; an existing one stays as it is (an unverified one becomes
 * verified). For the first admin and demo data: no mail is asked for, the same events are emitted as for anybody.
 */
export async function ensureAccount(
  deps: { inTransaction: InTransaction; now: () => Date; newId: () => string },
  input: { email: string; passwordHash: string; displayName: string; roles: readonly RoleName[]; oneTimePassword?: boolean },
): Promise<Account> {
  const now = deps.now()
  const email = normaliseEmail(input.email)
  const { passwordHash, displayName } = input
  return deps.inTransaction(null, async (stores) => {
    const fresh: Account = {
      id: deps.newId(),
      email,
      displayName: displayName.trim(),
      passwordHash: null,
      status: 'unverified',
      roles: input.roles,
      version: 1,
      createdAt: now,
      verifiedAt: null,
      deactivatedAt: null,
      oneTimePassword: null,
    }
    const inserted = await stores.accounts.insert(fresh)
    if (inserted) await stores.events.registered(inserted)
    const account = inserted ?? (await stores.accounts.lockByEmail(email))
    if (!account) throw new Error(`the account of ${fresh.id} vanished while it was made`)
    if (account.status !== 'unverified') return account
    const verified: Account = {
      ...account,
      passwordHash,
      oneTimePassword: input.oneTimePassword ? 'unused' : null,
      roles: input.roles,
      status: 'active',
      verifiedAt: now,
      version: account.version + 1,
    }
    await stores.accounts.save(verified)
    await stores.events.verified(verified)
    return verified
  })
}

/**
 * Makes the first admin once: an address that has an account is left alone, whatever became of its roles or password.
 * The password opens one session: it stands in a Secret that others may read.
 */
export async function ensureFirstAdmin(
  deps: { accounts: AccountReader; hasher: PasswordHasher; inTransaction: InTransaction; now: () => Date; newId: () => string },
  input: { email: string; password: string },
): Promise<void> {
  const email = normaliseEmail(input.email)
  if (email === '' || (await deps.accounts.findByEmail(email))) return
  const passwordHash = await deps.hasher.hash(input.password)
  await ensureAccount(deps, { email, passwordHash, displayName: 'Administrator', roles: ['member', 'admin'], oneTimePassword: true })
}
