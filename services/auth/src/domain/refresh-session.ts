import { invalidRefreshToken, tokenReused } from '../errors.ts'
import { revokeSessions } from './change-account.ts'
import type { AccountReader, InTransaction, IssueAccessToken, Origin } from './ports.ts'
import { hashOf } from './secrets.ts'
import { after, refreshTokenTtlSeconds } from './session.ts'
import { type IssuedTokens, issueRefreshToken, toTokens } from './start-session.ts'

export interface RefreshDeps {
  readonly accounts: AccountReader
  readonly inTransaction: InTransaction
  readonly issueAccessToken: IssueAccessToken
  readonly now: () => Date
}

/**
 * Exchanges a refresh token for the next pair. A token works once, also under concurrent use; a second use ends the
 * whole session, because one of the two users is not the person (RFC 9700, 4.14.2). Roles are read anew.
 * Throws `token-reused` or `invalid-credentials`.
 */
export async function refreshSession(deps: RefreshDeps, input: { refreshToken: string; origin: Origin }): Promise<IssuedTokens> {
  const hash = hashOf(input.refreshToken)
  const now = deps.now()
  const next = await deps.inTransaction(input.origin, async (stores) => {
    const sessionId = await stores.sessions.useRefreshToken(hash, now)
    if (!sessionId) return undefined
    const session = await stores.sessions.touch(sessionId, now, after(now, refreshTokenTtlSeconds))
    if (!session) throw invalidRefreshToken()
    return { session, refreshToken: await issueRefreshToken(stores, sessionId, now) }
  })
  if (!next) return refuse(deps, { hash, origin: input.origin, now })
  const account = await deps.accounts.findById(next.session.accountId)
  if (account?.status !== 'active') throw invalidRefreshToken()
  return toTokens(deps.issueAccessToken, { account, sessionId: next.session.id, refreshToken: next.refreshToken, now })
}

async function refuse(deps: RefreshDeps, input: { hash: Buffer; origin: Origin; now: Date }): Promise<never> {
  const reused = await deps.inTransaction(input.origin, async (stores) => {
    const session = await stores.sessions.findByUsedToken(input.hash)
    const account = session && (await stores.accounts.lockById(session.accountId))
    if (!session || !account) return false
    await revokeSessions(stores, account, { ids: [session.id], reason: 'token-reused', now: input.now })
    await stores.events.audit({ actorUserId: null, action: 'session.token-reused', subject: session.id, person: account.id })
    return true
  })
  throw reused ? tokenReused() : invalidRefreshToken()
}
