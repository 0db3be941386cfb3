/** A refresh token is good for 30 days; each use brings a new one. */
export const refreshTokenTtlSeconds = 30 * 24 * 3600
/** How long the token just before the newest gets the same successor again: two tabs, or an answer that was lost. */
export const refreshRepeatSeconds = 20
/** How long an access token is good for; nothing signed is ever valid longer. */
export const accessTokenTtlSeconds = 15 * 60
/** Live sessions a person may have; one more login ends the longest unused. Bounds the events one reset can cause. */
export const sessionsMax = 200

export type RevokeReason = 'logout' | 'ended' | 'token-reused' | 'password-changed' | 'password-reset' | 'deactivated' | 'too-many'

export interface Session {
  readonly id: string
  readonly accountId: string
  readonly userAgent: string | null
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly expiresAt: Date
}

/** When a session ends unless it is used again: after 30 days, and at the latest after its longest life. */
export function endOfSession(createdAt: Date, now: Date, maxDays: number): Date {
  return new Date(Math.min(after(now, refreshTokenTtlSeconds).getTime(), after(createdAt, maxDays * 24 * 3600).getTime()))
}

export function after(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000)
}
