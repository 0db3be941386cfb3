import type { Formatter } from '../format.ts'
import type { Links } from '../links.ts'
import type { Content } from './content.ts'

export interface OneTimeToken {
  readonly purpose: 'verify-email' | 'reset-password'
  readonly displayName: string
  readonly token: string
  readonly expiresAt: string
}

/** The mail that carries the link and token after registering. */
export function describeVerification(oneTime: OneTimeToken, format: Formatter, links: Links): Content {
  return {
    subject: 'Confirm your e-mail address',
    heading: 'Confirm your e-mail address',
    greeting: oneTime.displayName,
    paragraphs: ['Somebody, most likely you, has registered at Alcove with this address. Confirm it and you can log in.'],
    rows: [
      { label: 'Token', value: oneTime.token },
      { label: 'Valid until', value: format.instant(oneTime.expiresAt) },
    ],
    action: { label: 'Confirm address', url: links.verifyEmail(oneTime.token) },
    notes: ['If it was not you, ignore this message: without the confirmation nobody can use the account.'],
    brief: 'Confirm your address to log in.',
  }
}

/** The mail that carries the link and token to choose a new password. */
export function describePasswordReset(oneTime: OneTimeToken, format: Formatter, links: Links): Content {
  return {
    subject: 'Choose a new password',
    heading: 'Choose a new password',
    greeting: oneTime.displayName,
    paragraphs: ['A new password was asked for at Alcove for this address. Choosing one ends every session of the account.'],
    rows: [
      { label: 'Token', value: oneTime.token },
      { label: 'Valid until', value: format.instant(oneTime.expiresAt) },
    ],
    action: { label: 'Choose a new password', url: links.resetPassword(oneTime.token) },
    notes: ['If it was not you, ignore this message: your password stays as it is.'],
    brief: 'Choose a new password.',
  }
}

export function describeReactivation(displayName: string): Content {
  return {
    subject: 'Your account is active again',
    heading: 'Your account is active again',
    greeting: displayName,
    paragraphs: [
      'An administrator has reactivated your Alcove account. You can log in with the password you had, and book again.',
      'Bookings that were cancelled when it was deactivated stay cancelled.',
    ],
    rows: [],
    notes: [],
    brief: 'Your account is active again; cancelled bookings stay cancelled.',
  }
}

export function describeDeactivation(displayName: string): Content {
  return {
    subject: 'Your account was deactivated',
    heading: 'Your account was deactivated',
    greeting: displayName,
    paragraphs: [
      'An administrator has deactivated your Alcove account. You cannot log in any more and every session has ended.',
      'Your coming bookings are cancelled and refunded in full; you get a message about each.',
    ],
    rows: [],
    notes: ['If you think this is a mistake, ask at your workspace.'],
    brief: 'Your account was deactivated; coming bookings are cancelled and refunded.',
  }
}
