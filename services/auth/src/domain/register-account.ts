import { type Account, normaliseEmail } from './account.ts'
import { issueOneTimeToken } from './issue-one-time-token.ts'
import type { InTransaction, Origin, PasswordHasher } from './ports.ts'
import { assertUncommon, type IsCommonPassword } from './password.ts'
import type { Secrets } from './secrets.ts'

export interface RegisterDeps {
  readonly inTransaction: InTransaction
  readonly hasher: PasswordHasher
  readonly secrets: Secrets
  readonly isCommonPassword: IsCommonPassword
  readonly now: () => Date
  readonly newId: () => string
}

/**
 * Registers an address, or asks again for the verification of one that was never verified.
 * A known address costs the same hash and the same kind of transaction as a new one, so that neither the answer nor
 * its time tells them apart. The password and name wait with the token: they become the account's when that very
 * registration's mail is followed, whoever else registered the address before or after. Throws `malformed` for one of the
 * commonest passwords.
 */
export async function registerAccount(
  deps: RegisterDeps,
  input: { email: string; password: string; displayName: string; origin: Origin; signal?: AbortSignal },
): Promise<void> {
  assertUncommon(deps.isCommonPassword, 'password', input.password)
  const passwordHash = await deps.hasher.hash(input.password, { signal: input.signal })
  const now = deps.now()
  const displayName = input.displayName.trim()
  const fresh: Account = {
    id: deps.newId(),
    email: normaliseEmail(input.email),
    displayName,
    passwordHash: null,
    status: 'unverified',
    roles: ['member'],
    version: 1,
    createdAt: now,
    verifiedAt: null,
    deactivatedAt: null,
    oneTimePassword: null,
  }
  await deps.inTransaction(input.origin, async (stores) => {
    const inserted = await stores.accounts.insert(fresh)
    if (inserted) await stores.events.registered(inserted)
    const account = inserted ?? (await stores.accounts.lockByEmail(fresh.email))
    if (account?.status === 'unverified') {
      await issueOneTimeToken(deps, stores, { account, purpose: 'verify-email', credentials: { passwordHash, displayName }, now })
    }
    await stores.events.audit({ actorUserId: null, action: 'account.registration-requested', subject: account?.id ?? null, person: account?.id })
  })
}
