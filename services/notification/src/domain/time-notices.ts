import type { BookingState } from '@alcove/contracts'
import { deriveEventId, type DropReason, type Notice } from './message.ts'

/** A reminder of this start; the same booking moved to another start is another reminder. */
export function noticeReminder(booking: BookingState): Notice {
  return {
    eventId: deriveEventId('reminder', booking.bookingId, new Date(booking.startsAt).toISOString()),
    kind: 'booking-reminder',
    channels: ['mail', 'inbox'],
    userId: booking.userId,
    facts: { booking },
  }
}

/** A notice to the member that a closure hits the booking: once per booking and closure. */
export function noticeClosure(hit: { bookingId: string; userId: string }, closure: { id: string; startsAt: string; endsAt: string }): Notice {
  return {
    eventId: deriveEventId('closure', closure.id, hit.bookingId),
    kind: 'booking-closure',
    channels: ['mail', 'inbox'],
    userId: hit.userId,
    facts: { bookingId: hit.bookingId, closure: { startsAt: closure.startsAt, endsAt: closure.endsAt } },
  }
}

/** Why a reminder is no longer worth sending, judged on the booking as its owner has it at this moment. */
export function findReminderObstacle(reminded: BookingState, present: BookingState, now: Date): DropReason | undefined {
  if (present.status !== 'confirmed' || Date.parse(present.startsAt) !== Date.parse(reminded.startsAt)) return 'booking-changed'
  return Date.parse(present.startsAt) <= now.getTime() ? 'booking-begun' : undefined
}
