import type { Account, BookingDetail, BookingState, Person } from '@alcove/contracts'
import type { Formatter } from './format.ts'
import type { Links } from './links.ts'
import { findBookingId, type DropReason, type OwedMessage, type Prepared } from './message.ts'
import { findReminderObstacle } from './time-notices.ts'
import {
  describeDeactivation,
  describeInvitation,
  describeNewSignIn,
  describePasswordChange,
  describePasswordReset,
  describeReactivation,
  describeRolesChange,
  describeVerification,
  type OneTimeToken,
} from './templates/account.ts'
import * as bookings from './templates/booking.ts'
import type { Content } from './templates/content.ts'
import { toHtml, toSubject, toText } from './templates/layout.ts'

/** Who knows names, addresses and links; undefined where the owner answers that there is none (any more). */
export interface Directory {
  findAccount(userId: string): Promise<Account | undefined>
  findPerson(userId: string): Promise<Person | undefined>
  findBookingDetail(bookingId: string): Promise<BookingDetail | undefined>
  /** Undefined once it waits no more. */
  findTeamInvitation(id: string): Promise<{ teamName: string; expiresAt: string } | undefined>
  findOneTimeToken(id: string): Promise<(OneTimeToken & { email: string }) | undefined>
}

export interface PrepareDeps {
  readonly directory: Directory
  readonly links: Links
  readonly formatter: (person: { locale: string; timeZone: string }) => Formatter
  /** The product's clock: a reminder of what has begun is not sent. */
  readonly now: () => Date
}

type Addressed = { to: string; content: Content }

/**
 * Writes an owed message with everything asked at this moment: nobody's name or address is kept before. Throws what the
 * directory throws when an owner cannot be asked; answers `drop` when the person, token or booking is gone.
 */
export async function prepareMessage(deps: PrepareDeps, message: OwedMessage): Promise<Prepared> {
  const written = 'oneTimeTokenId' in message.facts ? await writeOneTime(deps, message, message.facts.oneTimeTokenId) : await writeToPerson(deps, message)
  if ('outcome' in written) return written
  const { content, to } = written
  if (message.channel === 'inbox') return { outcome: 'inbox', title: toSubject(content), body: content.brief }
  return { outcome: 'mail', letter: { to, subject: toSubject(content), text: toText(content), html: toHtml(content) } }
}

/** Only auth is needed: somebody who registers is mailed although user does not know them yet or is down. */
async function writeOneTime(deps: PrepareDeps, message: OwedMessage, oneTimeTokenId: string): Promise<Prepared | Addressed> {
  const oneTime = await deps.directory.findOneTimeToken(oneTimeTokenId)
  if (!oneTime) return { outcome: 'drop', reasonCode: 'token-gone' }
  const person = await deps.directory.findPerson(message.userId).catch(() => undefined)
  const format = deps.formatter(person ?? { locale: 'en', timeZone: 'UTC' })
  const describe = oneTime.purpose === 'verify-email' ? describeVerification : describePasswordReset
  return { to: oneTime.email, content: describe(oneTime, format, deps.links) }
}

async function writeToPerson(deps: PrepareDeps, message: OwedMessage): Promise<Prepared | Addressed> {
  const bookingId = findBookingId(message.facts)
  const [person, account, detail] = await Promise.all([
    deps.directory.findPerson(message.userId),
    message.channel === 'mail' ? deps.directory.findAccount(message.userId) : undefined,
    bookingId === undefined ? undefined : deps.directory.findBookingDetail(bookingId),
  ])
  if (!person || (message.channel === 'mail' && !account)) return { outcome: 'drop', reasonCode: 'recipient-unknown' }
  const to = account?.email ?? ''
  if ('invitationId' in message.facts) {
    const invitation = await deps.directory.findTeamInvitation(message.facts.invitationId)
    if (!invitation) return { outcome: 'drop', reasonCode: 'invitation-gone' }
    return { to, content: describeInvitation(person.displayName, invitation, deps.formatter(person)) }
  }
  if (bookingId === undefined) return { to, content: describeAccount(message, person.displayName, deps.formatter(person)) }
  if (!detail) return { outcome: 'drop', reasonCode: 'booking-unknown' }
  const booking = 'booking' in message.facts ? message.facts.booking : detail.state
  const obstacle = findObstacle(message, detail.state, deps.now())
  if (obstacle) return { outcome: 'drop', reasonCode: obstacle }
  const subject = { booking, detail, greeting: person.displayName, format: deps.formatter(person) }
  return { to, content: describeBooking(message, subject) }
}

function describeAccount({ kind, facts }: OwedMessage, displayName: string, format: Formatter): Content {
  if ('how' in facts) return describePasswordChange(displayName, facts.how)
  if ('roles' in facts) return describeRolesChange(displayName, facts.roles)
  if ('signedInAt' in facts) return describeNewSignIn(displayName, facts.signedInAt, format)
  return kind === 'account-reactivated' ? describeReactivation(displayName) : describeDeactivation(displayName)
}

/** Receipts always leave; what speaks of the future only while that future still stands. */
function findObstacle(message: OwedMessage, present: BookingState, now: Date): DropReason | undefined {
  if (message.kind === 'booking-reminder' && 'booking' in message.facts) return findReminderObstacle(message.facts.booking, present, now)
  return message.kind === 'booking-closure' && present.status !== 'confirmed' ? 'booking-changed' : undefined
}

function describeBooking(message: OwedMessage, subject: bookings.BookingSubject): Content {
  if ('closure' in message.facts) return bookings.describeClosure(subject, message.facts.closure)
  switch (message.kind) {
    case 'booking-rescheduled':
      return bookings.describeReschedule(subject)
    case 'booking-cancelled':
      return bookings.describeCancellation(subject)
    case 'booking-expired':
      return bookings.describeExpiry(subject)
    case 'booking-reminder':
      return bookings.describeReminder(subject)
    case 'operator-capture-refused':
      return bookings.describeRefusedCapture(subject)
    default:
      return bookings.describeConfirmation(subject)
  }
}
