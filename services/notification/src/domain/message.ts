import { createHash } from 'node:crypto'
import type { BookingMove, BookingState } from '@alcove/contracts'

/** Why somebody is told something; also the `kind` of an inbox item. */
export const messageKinds = [
  'verify-email',
  'reset-password',
  'account-deactivated',
  'account-reactivated',
  'password-changed',
  'roles-changed',
  'new-sign-in',
  'team-invited',
  'booking-confirmed',
  'booking-rescheduled',
  'booking-cancelled',
  'booking-expired',
  'booking-reminder',
  'booking-closure',
  'operator-capture-refused',
] as const
export type MessageKind = (typeof messageKinds)[number]
export type Channel = 'mail' | 'inbox'

/** What a message is about: ids and public state, as the event had them. */
export type MessageFacts =
  | { readonly oneTimeTokenId: string }
  | { readonly invitationId: string }
  | { readonly booking: BookingState | BookingMove }
  | { readonly bookingId: string; readonly closure: { readonly startsAt: string; readonly endsAt: string } }
  | { readonly how: 'changed' | 'reset' }
  | { readonly roles: readonly string[] }
  | { readonly signedInAt: string }
  | Record<never, never>

/** A message to be written: one recipient, one or both channels. */
export interface Notice {
  readonly eventId: string
  readonly kind: MessageKind
  readonly channels: readonly Channel[]
  readonly userId: string
  readonly facts: MessageFacts
}

/** One owed message on one channel, as a worker takes it. */
export interface OwedMessage {
  readonly id: string
  readonly eventId: string
  readonly kind: MessageKind
  readonly channel: Channel
  readonly userId: string
  readonly bookingId: string | null
  readonly facts: MessageFacts
  readonly failures: number
  readonly waits: number
  readonly createdAt: Date
}

export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What becomes of an owed message: told, or left untold for good because there is nobody or nothing left to tell. */
export type Prepared =
  | { readonly outcome: 'mail'; readonly letter: Letter }
  | { readonly outcome: 'inbox'; readonly title: string; readonly body: string }
  | { readonly outcome: 'drop'; readonly reasonCode: DropReason }

export type DropReason = 'recipient-unknown' | 'token-gone' | 'booking-unknown' | 'booking-changed' | 'booking-begun' | 'invitation-gone'

/**
 * The id under which a message goes that no event of its own causes (a reminder, a closure's notice): always the same
 * for the same parts, so that a job run twice owes it once. A UUID of version 8 (RFC 9562, 5.8) over SHA-256.
 */
export function deriveEventId(...parts: readonly string[]): string {
  const bytes = createHash('sha256').update(parts.join('\n')).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The booking a message is about, if it is about one. */
export function findBookingId(facts: MessageFacts): string | undefined {
  if ('booking' in facts) return facts.booking.bookingId
  return 'bookingId' in facts ? facts.bookingId : undefined
}
