import { invalidCredentials } from '../errors.ts'
import { type Account, normaliseEmail } from './account.ts'
import { checkPassword, type CheckPasswordDeps } from './check-password.ts'
import type { AccountReader, InTransaction, IssueAccessToken, Origin } from './ports.ts'
import { type IssuedTokens, startSession, toTokens } from './start-session.ts'

export interface LogInDeps extends CheckPasswordDeps {
  readonly accounts: AccountReader
  readonly inTransaction: InTransaction
  readonly issueAccessToken: IssueAccessToken
  readonly newId: () => string
  readonly sessionMaxDays: number
}

/**
 * Checks an address and a password and opens a session. Whatever is wrong (password, address, verification, deactivation)
 * costs one hash and answers the same `invalid-credentials`; too many failures from one source: `rate-limited`.
 * Every login and every refused one is audited.
 */
export async function logIn(deps: LogInDeps, input: { email: string; password: string; origin: Origin; signal?: AbortSignal }): Promise<IssuedTokens> {
  const email = normaliseEmail(input.email)
  const found = await deps.accounts.findByEmail(email)
  const passwordHash = found?.status === 'active' ? found.passwordHash : null
  const { password, origin, signal } = input
  const onThrottled = () => recordThrottled(deps, { origin, person: found?.id ?? null, actorUserId: null })
  const match = await checkPassword(deps, { email, address: origin.address, passwordHash, password, signal, onThrottled })
  const right = match !== 'none'
  // The characters as typed become the normalised ones; the next login costs one hash again.
  const rehashed = match === 'former-form' ? await deps.hasher.hash(password, { signal, urgency: 'known' }) : undefined
  const now = deps.now()
  const sessionId = deps.newId()
  const opened = await deps.inTransaction(input.origin, async (stores) => {
    const account = right && found ? await stores.accounts.lockById(found.id) : undefined
    // Deactivated, or given another password, while this one was being compared; or a one-time password again.
    if (!account || !isUnchanged(account, passwordHash) || account.oneTimePassword === 'used') {
      await stores.events.audit({ actorUserId: null, action: 'session.refused', subject: found?.id ?? null, person: found?.id })
      return undefined
    }
    const saved = {
      ...account,
      ...(account.oneTimePassword === 'unused' && { oneTimePassword: 'used' as const }),
      ...(rehashed !== undefined && { passwordHash: rehashed }),
    }
    if (account.oneTimePassword === 'unused' || rehashed !== undefined) await stores.accounts.save(saved)
    const session = await startSession(stores, { sessionId, account: saved, origin: input.origin, now, maxDays: deps.sessionMaxDays })
    await stores.events.audit({ actorUserId: account.id, action: 'session.started', subject: sessionId, person: account.id })
    return { ...session, account }
  })
  if (!opened) throw invalidCredentials()
  return toTokens(deps.issueAccessToken, { account: opened.account, sessionId, refreshToken: opened.refreshToken, now })
}

/** Tells the audit log that somebody must wait before guessing on. */
export async function recordThrottled(
  deps: Pick<LogInDeps, 'inTransaction'>,
  { origin, person, actorUserId }: { origin: Origin; person: string | null; actorUserId: string | null },
): Promise<void> {
  await deps.inTransaction(origin, (stores) => stores.events.audit({ actorUserId, action: 'session.throttled', subject: person, person }))
}

function isUnchanged(account: Account, passwordHash: string | null): boolean {
  return account.status === 'active' && account.passwordHash === passwordHash
}
