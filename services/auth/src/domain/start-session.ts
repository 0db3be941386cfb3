import type { Account } from './account.ts'
import { changeAccount, revokeSessions } from './change-account.ts'
import type { IssueAccessToken, Origin, Stores } from './ports.ts'
import { hashOf, newRefreshToken } from './secrets.ts'
import { accessTokenTtlSeconds, endOfSession, sessionsMax } from './session.ts'

export interface IssuedTokens {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  readonly expiresInSeconds: number
  readonly refreshToken: string
}

/** Both tokens as the API answers them. */
export async function toTokens(
  issueAccessToken: IssueAccessToken,
  input: { account: Account; sessionId: string; refreshToken: string; now: Date },
): Promise<IssuedTokens> {
  const { account, sessionId, now } = input
  const accessToken = await issueAccessToken({ userId: account.id, sessionId, roles: account.roles, accountVersion: account.version }, now)
  return { accessToken, tokenType: 'Bearer', expiresInSeconds: accessTokenTtlSeconds, refreshToken: input.refreshToken }
}

/** A device is a kind of program on a kind of system: `User-Agent` without its versions, which change by themselves. */
function deviceOf(userAgent: string | null): Buffer {
  return hashOf((userAgent ?? '').replace(/[\d._]+/g, ''))
}

/** Opens a session of a locked account, ending the longest unused ones beyond `sessionsMax`. */
export async function startSession(
  stores: Stores,
  input: { sessionId: string; account: Account; origin: Origin; now: Date; maxDays: number },
): Promise<{ refreshToken: string }> {
  const { account, origin, now, sessionId } = input
  const expiresAt = endOfSession(now, now, input.maxDays)
  const live = await stores.sessions.listLiveIds(account.id, now)
  const present = await revokeSessions(stores, account, { ids: live.slice(sessionsMax - 1), reason: 'too-many', now })
  await stores.sessions.insert({
    id: sessionId,
    accountId: account.id,
    userAgent: origin.userAgent,
    createdAt: now,
    lastUsedAt: now,
    expiresAt,
  })
  const device = await stores.sessions.noteDevice(account.id, deviceOf(origin.userAgent), now)
  if (device === 'new') await stores.events.deviceAdded(await changeAccount(stores, present, {}), sessionId, now)
  const refreshToken = newRefreshToken()
  await stores.sessions.addRefreshToken({ hash: hashOf(refreshToken), sessionId, createdAt: now, expiresAt })
  return { refreshToken }
}
