import { invalidRefreshToken, tokenReused } from '../errors.ts'
import { revokeSessions } from './change-account.ts'
import type { AccountReader, InTransaction, IssueAccessToken, Origin, Stores } from './ports.ts'
import { hashOf, type Secrets, succeedRefreshToken } from './secrets.ts'
import { after, endOfSession, refreshRepeatSeconds, type Session } from './session.ts'
import { type IssuedTokens, toTokens } from './start-session.ts'

export interface RefreshDeps {
  readonly accounts: AccountReader
  readonly inTransaction: InTransaction
  readonly issueAccessToken: IssueAccessToken
  readonly secrets: Secrets
  readonly sessionMaxDays: number
  readonly now: () => Date
}

/**
 * Exchanges a refresh token for the next pair. A token has one successor. The token just before the newest gets it again for 20 s, on any replica and at any
 * concurrency: two tabs of one person refresh at once, and answers are lost. Any later use of a used token ends the whole session, because one of the two users
 * is not the person (RFC 9700, 4.14.2). Roles are read anew. A session ends 90 days (`SESSION_MAX_DAYS`) after its login, however often it is refreshed.
 * Throws `token-reused` or `invalid-credentials`.
 */
export async function refreshSession(deps: RefreshDeps, input: { refreshToken: string; origin: Origin }): Promise<IssuedTokens> {
  const hash = hashOf(input.refreshToken)
  const refreshToken = succeedRefreshToken(deps.secrets, input.refreshToken)
  const now = deps.now()
  const session = await deps.inTransaction(input.origin, (stores) =>
    useToken(stores, { hash, successorHash: hashOf(refreshToken), now, maxDays: deps.sessionMaxDays }),
  )
  if (!session) return refuse(deps, { hash, origin: input.origin, now })
  const account = await deps.accounts.findById(session.accountId)
  if (account?.status !== 'active') throw invalidRefreshToken()
  return toTokens(deps.issueAccessToken, { account, sessionId: session.id, refreshToken, now })
}

interface TokenUse {
  hash: Buffer
  successorHash: Buffer
  now: Date
  maxDays: number
}

/** The session whose next pair this use gets; undefined when the token may not be used. Of concurrent uses the first makes the successor, the others find it. */
async function useToken(stores: Stores, { hash, successorHash, now, maxDays }: TokenUse): Promise<Session | undefined> {
  const usedOf = await stores.sessions.useRefreshToken(hash, now)
  const id = usedOf ?? (await stores.sessions.findByRepeatedToken(hash, successorHash, after(now, -refreshRepeatSeconds)))
  if (id === undefined) return undefined
  const session = await stores.sessions.lockLive(id, now)
  const expiresAt = session && endOfSession(session.createdAt, now, maxDays)
  if (!expiresAt || expiresAt <= now) throw invalidRefreshToken()
  if (usedOf !== undefined) await stores.sessions.addRefreshToken({ hash: successorHash, sessionId: id, createdAt: now, expiresAt })
  await stores.sessions.touch(id, now, expiresAt)
  return session
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
