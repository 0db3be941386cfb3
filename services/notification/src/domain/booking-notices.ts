import type { BookingState } from '@alcove/contracts'
import type { Channel, MessageKind, Notice } from './message.ts'

const everyChannel: readonly Channel[] = ['mail', 'inbox']
const inboxOnly: readonly Channel[] = ['inbox']

/**
 * booking waits at most 5 s for payment before it answers 202. A refusal later than this was not the answer to the
 * member's own request (402), so nobody but a mail tells.
 */
const answeredDirectlySeconds = 6

function toNotice(eventId: string, kind: MessageKind, booking: BookingState): Notice {
  return { eventId, kind, channels: everyChannel, userId: booking.userId, facts: { booking } }
}

/** Exactly one mail, whatever happened to the booking since: the member holds it as the receipt. */
export function noticeConfirmation(eventId: string, booking: BookingState): Notice[] {
  return [toNotice(eventId, 'booking-confirmed', booking)]
}

/** Tells of a move in time or place; a changed title or guest list raises the version too but is no news to who made it. */
export function noticeReschedule(eventId: string, booking: BookingState): Notice[] {
  return hasMoved(booking) ? [toNotice(eventId, 'booking-rescheduled', booking)] : []
}

/** Whether a `rescheduled` event changed the time or the unit. */
export function hasMoved(booking: BookingState): boolean {
  const { previous } = booking
  return previous !== null && (hasOtherTime(booking) || previous.unitId !== booking.unitId || previous.spaceId !== booking.spaceId)
}

export function hasOtherTime(booking: BookingState): boolean {
  const { previous } = booking
  return previous !== null && (Date.parse(previous.startsAt) !== Date.parse(booking.startsAt) || Date.parse(previous.endsAt) !== Date.parse(booking.endsAt))
}

/**
 * `wasConfirmed`: its confirmation was seen before. A hold given up is told to nobody; a payment refused in the answer
 * to the member's own request (402) only in the inbox; a capture refused for good to the operators too.
 */
export function noticeCancellation(eventId: string, booking: BookingState, seen: { wasConfirmed: boolean; operatorIds: readonly string[] }): Notice[] {
  if (!seen.wasConfirmed && !wasToBePaid(booking)) return []
  const toOperators = booking.reasonCode === 'payment-failed' ? seen.operatorIds : []
  return [
    { ...toNotice(eventId, 'booking-cancelled', booking), channels: wasAnsweredDirectly(booking) ? inboxOnly : everyChannel },
    ...toOperators.map((userId) => ({ ...toNotice(eventId, 'operator-capture-refused', booking), userId })),
  ]
}

/** Tells that a booking was never paid for in time; a mere hold running out is told to nobody. */
export function noticeExpiry(eventId: string, booking: BookingState): Notice[] {
  return wasToBePaid(booking) ? [toNotice(eventId, 'booking-expired', booking)] : []
}

function wasToBePaid(booking: BookingState): boolean {
  return booking.attempts.length > 0
}

function wasAnsweredDirectly(booking: BookingState): boolean {
  return booking.reasonCode === 'payment-refused' && Date.parse(booking.at) - Date.parse(booking.createdAt) < answeredDirectlySeconds * 1000
}
