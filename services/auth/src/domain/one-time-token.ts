export type Purpose = 'verify-email' | 'reset-password'

export interface OneTimeToken {
  readonly id: string
  readonly accountId: string
  readonly purpose: Purpose
  /** The credentials of the registration that a verification confirms. */
  readonly passwordHash: string | null
  readonly displayName: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Seconds a mailed token is good for. */
export const oneTimeTtlSeconds: Record<Purpose, number> = { 'verify-email': 24 * 3600, 'reset-password': 3600 }

/** Mails of one purpose an account may be sent within an hour; more requests are accepted and send nothing. */
export const mailsPerHourMax = 5
