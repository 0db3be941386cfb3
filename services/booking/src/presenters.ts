import type { Booking, Hold, Money, SpaceQuote } from '@alcove/contracts'
import { isListed, type BookingRecord } from './domain/booking.ts'
import { formatInstant } from './domain/instants.ts'
import { keyBusy, refusedPayment } from './errors.ts'

const money = (amountMinor: number, currency: string): Money => ({ amountMinor, currency })

/** A booking as its member and operators see it. */
export function toBookingBody(booking: BookingRecord): Booking {
  const { currency } = booking
  return {
    id: booking.id,
    reference: booking.reference,
    spaceId: booking.spaceId,
    unitId: booking.unitId,
    locationId: booking.locationId,
    userId: booking.userId,
    ...(booking.teamId !== null && { teamId: booking.teamId }),
    ...(booking.title !== null && { title: booking.title }),
    startsAt: formatInstant(booking.startsAt),
    endsAt: formatInstant(booking.endsAt),
    timeZone: booking.timeZone,
    status: booking.status as Booking['status'],
    version: booking.version,
    price: {
      lines: booking.lines,
      net: money(booking.netMinor, currency),
      tax: money(booking.taxMinor, currency),
      total: money(booking.totalMinor, currency),
      ...(booking.totalCredits !== null && { credits: booking.totalCredits }),
    },
    payment: {
      ...(booking.paymentId !== null && { id: booking.paymentId }),
      method: booking.paymentMethod,
      status: booking.paymentStatus,
      ...(booking.openAttempt?.nextAction && { nextAction: booking.openAttempt.nextAction }),
    },
    ...(booking.status === 'pending_payment' && booking.holdExpiresAt && { holdExpiresAt: formatInstant(booking.holdExpiresAt) }),
    attendees: booking.attendees,
    ...(booking.pendingChange && { pendingChange: toPendingChange(booking.pendingChange) }),
    ...(booking.checkedInAt && { checkedInAt: formatInstant(booking.checkedInAt) }),
    ...(booking.checkedOutAt && { checkedOutAt: formatInstant(booking.checkedOutAt) }),
    ...(booking.status === 'cancelled' && { refund: toRefund(booking) }),
    createdAt: formatInstant(booking.createdAt),
    updatedAt: formatInstant(booking.updatedAt),
  }
}

function toPendingChange(change: NonNullable<BookingRecord['pendingChange']>): Booking['pendingChange'] {
  return {
    startsAt: formatInstant(change.startsAt),
    endsAt: formatInstant(change.endsAt),
    spaceId: change.spaceId,
    unitId: change.unitId,
    total: money(change.totalMinor, change.currency),
    expiresAt: formatInstant(change.expiresAt),
  }
}

function toRefund(booking: BookingRecord): Booking['refund'] {
  return {
    amountMinor: booking.refundMinor ?? 0,
    currency: booking.currency,
    percent: booking.refundPercent ?? 0,
    ...(booking.paymentMethod === 'credits' && { credits: booking.refundCredits ?? 0 }),
  }
}

export function toHoldBody(hold: BookingRecord): Hold {
  return {
    id: hold.id,
    spaceId: hold.spaceId,
    unitId: hold.unitId,
    startsAt: formatInstant(hold.startsAt),
    endsAt: formatInstant(hold.endsAt),
    expiresAt: formatInstant(hold.holdExpiresAt ?? hold.createdAt),
  }
}

export function toQuoteBody(quote: SpaceQuote) {
  const { currency } = quote
  return {
    lines: quote.lines,
    net: money(quote.netMinor, currency),
    tax: money(quote.taxMinor, currency),
    total: money(quote.totalMinor, currency),
    ...(quote.totalCredits !== null && { credits: quote.totalCredits }),
    policy: quote.policy,
    brokenRules: quote.brokenRules,
  }
}

export const toEtag = (booking: Pick<BookingRecord, 'version'>): Record<string, string> => ({ etag: `"${booking.version}"` })

/** What creating, or repeating its key, answers: 202 pending, 402 refused, else 201. */
export function toCreatedAnswer(booking: BookingRecord) {
  // Being undone at this moment: the key is free again when the caller comes back.
  if (!isListed(booking)) throw keyBusy()
  if (booking.status === 'cancelled' && booking.reasonCode === 'payment-refused') throw refusedPayment(booking.refusal)
  const isPending = booking.status === 'pending_payment' || booking.status === 'pending_approval'
  const headers = { ...toEtag(booking), location: `/v1/bookings/${booking.id}` }
  return { status: isPending ? (202 as const) : (201 as const), headers, body: toBookingBody(booking) }
}
