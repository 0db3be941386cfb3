import { invalidToken, sessionEnded, wrongPassword } from '../errors.ts'
import { changeAccount, revokeSessions } from './change-account.ts'
import { checkPassword, type CheckPasswordDeps } from './check-password.ts'
import { recordThrottled } from './log-in.ts'
import type { AccountReader, InTransaction, Origin, Stores } from './ports.ts'
import type { Account } from './account.ts'
import { assertUncommon, type IsCommonPassword } from './password.ts'
import { hashOf } from './secrets.ts'

export interface SetPasswordDeps extends CheckPasswordDeps {
  readonly accounts: AccountReader
  readonly inTransaction: InTransaction
  readonly isCommonPassword: IsCommonPassword
}

/** Sets a new password with a mailed token (once, within an hour) and ends every session. Throws `invalid-credentials`. */
export async function resetPassword(
  deps: Omit<SetPasswordDeps, 'accounts' | 'throttle' | 'secrets'>,
  input: { token: string; password: string; origin: Origin; signal?: AbortSignal },
): Promise<void> {
  assertUncommon(deps.isCommonPassword, 'password', input.password)
  const tokenHash = hashOf(input.token)
  const find = (stores: Stores) => stores.oneTimeTokens.find(tokenHash, 'reset-password', deps.now())
  // Looked at before the hash is paid for, so that made-up tokens cost nothing.
  if (!(await deps.inTransaction(input.origin, find))) throw invalidToken()
  const passwordHash = await deps.hasher.hash(input.password, { signal: input.signal, urgency: 'known' })
  const now = deps.now()
  await deps.inTransaction(input.origin, async (stores) => {
    const token = await find(stores)
    const account = token && (await stores.accounts.lockById(token.accountId))
    if (!token || account?.status !== 'active' || !(await stores.oneTimeTokens.use(token.id, now))) throw invalidToken()
    await stores.oneTimeTokens.useAll(account.id, 'reset-password', now)
    const changed = await setHash(stores, account, { passwordHash, how: 'reset' })
    await revokeSessions(stores, changed, { ids: await stores.sessions.listLiveIds(account.id, now), reason: 'password-reset', now })
    await stores.events.audit({ actorUserId: account.id, action: 'password.reset', subject: account.id, person: account.id })
  })
}

/**
 * Replaces the password of a person who knows the present one. Every other session ends, the asking one stays: whoever
 * changes a password out of suspicion should not be the one who is thrown out. Throws `invalid-credentials`, `rate-limited`, and
 * `unauthenticated` when the asking session has ended meanwhile.
 */
export async function changePassword(
  deps: SetPasswordDeps,
  input: { userId: string; sessionId: string; currentPassword: string; newPassword: string; origin: Origin; signal?: AbortSignal },
): Promise<void> {
  assertUncommon(deps.isCommonPassword, 'newPassword', input.newPassword)
  const found = await deps.accounts.findById(input.userId)
  const presented = { email: found?.email ?? input.userId, address: input.origin.address, passwordHash: found?.passwordHash ?? null }
  const onThrottled = () => recordThrottled(deps, { origin: input.origin, person: input.userId, actorUserId: input.userId })
  const match = await checkPassword(deps, { ...presented, password: input.currentPassword, signal: input.signal, onThrottled })
  if (match === 'none' || !found) throw wrongPassword()
  const passwordHash = await deps.hasher.hash(input.newPassword, { signal: input.signal, urgency: 'known' })
  const now = deps.now()
  await deps.inTransaction(input.origin, async (stores) => {
    const account = await stores.accounts.lockById(input.userId)
    // Another change came first: what was compared is no longer the current password.
    if (account?.status !== 'active' || account.passwordHash !== found.passwordHash) throw wrongPassword()
    const live = await stores.sessions.listLiveIds(account.id, now)
    // Ended by somebody, perhaps the person elsewhere, while the passwords were compared.
    if (!live.includes(input.sessionId)) throw sessionEnded()
    const others = live.filter((id) => id !== input.sessionId)
    const changed = await setHash(stores, account, { passwordHash, how: 'changed' })
    await stores.oneTimeTokens.useAll(account.id, 'reset-password', now)
    await revokeSessions(stores, changed, { ids: others, reason: 'password-changed', now })
    await stores.events.audit({ actorUserId: account.id, action: 'password.changed', subject: account.id, person: account.id })
  })
}

/** The person is told by mail, in case it was somebody else. */
async function setHash(stores: Stores, account: Account, { passwordHash, how }: { passwordHash: string; how: 'changed' | 'reset' }): Promise<Account> {
  const changed = await changeAccount(stores, account, { passwordHash, oneTimePassword: null })
  await stores.events.passwordChanged(changed, how)
  return changed
}
