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

const roleTexts: Readonly<Record<string, string>> = { member: 'member', 'team-admin': 'team admin', operator: 'operator', admin: 'administrator' }

export function describeRolesChange(displayName: string, roles: readonly string[]): Content {
  const list = roles.map((role) => roleTexts[role] ?? role).join(', ')
  return {
    subject: 'Your roles were changed',
    heading: 'Your roles were changed',
    greeting: displayName,
    paragraphs: ['An administrator has changed what you may do at Alcove. You stay logged in; what is new counts at once.'],
    rows: [{ label: 'Roles', value: list }],
    notes: ['If you did not expect this, ask at your workspace.'],
    brief: `Your roles are now: ${list}.`,
  }
}

export function describePasswordChange(displayName: string, how: 'changed' | 'reset'): Content {
  return {
    subject: 'Your password was changed',
    heading: 'Your password was changed',
    greeting: displayName,
    paragraphs: [
      how === 'reset'
        ? 'A new password was set with the link that we mailed to this address. Every session has ended.'
        : 'Somebody who knew your password has chosen a new one. Every other session has ended.',
    ],
    rows: [],
    notes: ['If it was not you, choose a new password with “forgot password” now, and tell your workspace.'],
    brief: 'Your password was changed.',
  }
}

export function describeNewSignIn(displayName: string, signedInAt: string, format: Formatter): Content {
  return {
    subject: 'A new device signed in to your account',
    heading: 'A new device signed in',
    greeting: displayName,
    paragraphs: ['Somebody has signed in to your Alcove account with a browser or program that was not used for it before.'],
    rows: [{ label: 'When', value: format.instant(signedInAt) }],
    notes: ['If it was you, nothing is to be done. If not, change your password: that ends every other session.'],
    brief: 'A new device signed in to your account.',
  }
}

export function describeInvitation(displayName: string, invitation: { teamName: string; expiresAt: string }, format: Formatter): Content {
  return {
    subject: `You are invited to the team ${invitation.teamName}`,
    heading: `You are invited to the team ${invitation.teamName}`,
    greeting: displayName,
    paragraphs: ['You join only if you accept. Members of a team see each other’s names.'],
    rows: [{ label: 'Valid until', value: format.instant(invitation.expiresAt) }],
    notes: ['If you do not know the team, decline or ignore this message: nothing happens then.'],
    brief: `You are invited to the team ${invitation.teamName}. Accept or decline until ${format.instant(invitation.expiresAt)}.`,
  }
}
