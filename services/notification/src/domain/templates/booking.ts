import type { BookingDetail, BookingMove, BookingState } from '@alcove/contracts'
import type { Formatter } from '../format.ts'
import type { Content, Row } from './content.ts'

/** What every booking message is written from: the state the event had, names as they are now. */
export interface BookingSubject {
  readonly booking: BookingState | BookingMove
  readonly detail: BookingDetail
  readonly greeting: string
  readonly format: Formatter
}

/** The receipt of a booking: `reference` stands in subject and text. */
export function describeConfirmation(subject: BookingSubject): Content {
  const { booking, format } = subject
  return {
    subject: `Booking ${booking.reference} confirmed: ${format.short(booking.startsAt)}`,
    heading: 'Your booking is confirmed',
    greeting: subject.greeting,
    paragraphs: [`We have kept ${toPlace(subject)} for you. Your reference is ${booking.reference}.`],
    rows: [...toBookingRows(subject), ...toPriceRows(booking, format)],
    notes: [],
    brief: `${toPlace(subject)}, ${format.interval(booking.startsAt, booking.endsAt)}.`,
  }
}

export function describeReschedule(subject: BookingSubject): Content {
  const { booking, format } = subject
  const before = booking.previous
  return {
    subject: `Booking ${booking.reference} moved: ${format.short(booking.startsAt)}`,
    heading: 'Your booking was changed',
    greeting: subject.greeting,
    paragraphs: [`Booking ${booking.reference} now stands as follows.`],
    rows: [
      ...toBookingRows(subject),
      ...(before ? [{ label: 'Before', value: format.interval(before.startsAt, before.endsAt) }] : []),
      ...toPriceRows(booking, format),
      ...toFormerPriceRows(booking, format),
    ],
    notes: [],
    brief: `${toPlace(subject)}, now ${format.interval(booking.startsAt, booking.endsAt)}.`,
  }
}

export function describeCancellation(subject: BookingSubject): Content {
  const { booking, format } = subject
  const refund = toRefund(booking, format)
  return {
    subject: `Booking ${booking.reference} cancelled`,
    heading: 'Your booking was cancelled',
    greeting: subject.greeting,
    paragraphs: [toReason(booking), ...(refund ? [refund] : [])],
    rows: toBookingRows(subject),
    notes: [],
    brief: [toReason(booking), refund].filter(Boolean).join(' '),
  }
}

export function describeExpiry(subject: BookingSubject): Content {
  const { booking } = subject
  const reason = `Booking ${booking.reference} was not paid in time and has expired. The place is free for others again and nothing was charged.`
  return {
    subject: `Booking ${booking.reference} expired`,
    heading: 'Your booking has expired',
    greeting: subject.greeting,
    paragraphs: [reason],
    rows: toBookingRows(subject),
    notes: ['You are welcome to book again.'],
    brief: reason,
  }
}

export function describeReminder(subject: BookingSubject): Content {
  const { booking, format } = subject
  return {
    subject: `Reminder: booking ${booking.reference} starts ${format.short(booking.startsAt)}`,
    heading: 'Your booking starts soon',
    greeting: subject.greeting,
    paragraphs: [`${toPlace(subject)} is waiting for you.`],
    rows: toBookingRows(subject),
    notes: [],
    brief: `${toPlace(subject)}, ${format.interval(booking.startsAt, booking.endsAt)}.`,
  }
}

export function describeClosure(subject: BookingSubject, closure: { startsAt: string; endsAt: string }): Content {
  const { booking, format } = subject
  return {
    subject: `Closed during your booking ${booking.reference}`,
    heading: 'A closure affects your booking',
    greeting: subject.greeting,
    paragraphs: [
      `${subject.detail.locationName} will be closed for a time that touches booking ${booking.reference}.`,
      'Your booking stands until you move or cancel it. Please ask at your workspace what is possible.',
    ],
    rows: [...toBookingRows(subject), { label: 'Closed', value: format.interval(closure.startsAt, closure.endsAt) }],
    notes: [],
    brief: `${subject.detail.locationName} is closed ${format.interval(closure.startsAt, closure.endsAt)}; booking ${booking.reference} is affected.`,
  }
}

/** For operators: money that could not be taken although it was authorized. */
export function describeRefusedCapture(subject: BookingSubject): Content {
  const { booking, format } = subject
  const text = `The payment of booking ${booking.reference} was refused for good when it was to be taken, so the booking was cancelled. The member was told.`
  return {
    subject: `Payment refused: booking ${booking.reference} cancelled`,
    heading: 'A payment was refused for good',
    greeting: subject.greeting,
    paragraphs: [text],
    rows: [...toPlaceRows(subject), ...toPriceRows(booking, format)],
    notes: [],
    brief: text,
  }
}

/** The title is free text of the member's own, so it stands in mail to nobody else. */
function toBookingRows(subject: BookingSubject): Row[] {
  const { title } = subject.detail
  return [...(title ? [{ label: 'Title', value: title }] : []), ...toPlaceRows(subject)]
}

function toPlaceRows(subject: BookingSubject): Row[] {
  const { booking, detail, format } = subject
  const rows = [
    { label: 'Reference', value: booking.reference },
    { label: 'Place', value: toPlace(subject) },
    { label: 'When', value: format.interval(booking.startsAt, booking.endsAt) },
  ]
  if (booking.timeZone !== format.timeZone)
    rows.push({ label: `In ${detail.locationName}`, value: format.interval(booking.startsAt, booking.endsAt, booking.timeZone) })
  return rows
}

/** Names are those of the present unit: for a message about an earlier one only the location's is certain. */
function toPlace({ booking, detail }: BookingSubject): string {
  if (booking.locationId !== detail.state.locationId) return 'your place'
  if (booking.spaceId !== detail.state.spaceId) return detail.locationName
  if (booking.unitId !== detail.state.unitId || detail.unitName === detail.spaceName) return `${detail.spaceName}, ${detail.locationName}`
  return `${detail.spaceName} (${detail.unitName}), ${detail.locationName}`
}

function toPriceRows(booking: BookingState, format: Formatter): Row[] {
  if (booking.paymentMethod === 'credits') return [{ label: 'Price', value: toCredits(booking.totalCredits) }]
  if (booking.totalMinor === 0) return [{ label: 'Price', value: 'Free of charge' }]
  const total = format.money(booking.totalMinor, booking.currency)
  const tax = booking.taxMinor > 0 ? ` (including ${format.money(booking.taxMinor, booking.currency)} tax)` : ''
  return [{ label: 'Price', value: total + tax }]
}

/** Where the move changed the price; an event of v1 does not say what it was. */
function toFormerPriceRows(booking: BookingState | BookingMove, format: Formatter): Row[] {
  if (!booking.previous || !('totalMinor' in booking.previous)) return []
  const former = { ...booking, ...booking.previous }
  if (former.totalMinor === booking.totalMinor && former.totalCredits === booking.totalCredits) return []
  return toPriceRows(former, format).map(({ value }) => ({ label: 'Price before', value }))
}

function toReason(booking: BookingState): string {
  const which = `Booking ${booking.reference}`
  switch (booking.reasonCode) {
    case 'operator':
      return `${which} was cancelled by your workspace.`
    case 'closure':
      return `${which} was cancelled because the place is closed at that time.`
    case 'deactivated':
      return `${which} was cancelled because the account was deactivated.`
    case 'payment-refused':
      return `The payment for booking ${booking.reference} was refused, so it was cancelled. Nothing was charged.`
    case 'payment-failed':
      return `The payment for booking ${booking.reference} could not be taken, so it was cancelled. Nothing was charged.`
    default:
      return `${which} is cancelled.`
  }
}

/** Nothing for what was never paid. */
function toRefund(booking: BookingState, format: Formatter): string | undefined {
  if (booking.reasonCode === 'payment-refused' || booking.reasonCode === 'payment-failed') return undefined
  const percent = booking.refundPercent === null ? '' : ` (${booking.refundPercent} %)`
  // Which bucket they came from only payment knows; what is said here holds for every one.
  if (booking.refundCredits)
    return `You get ${toCredits(booking.refundCredits)} back${percent}. Credits that have expired meanwhile come back for a limited time: your wallet shows until when.`
  if (booking.refundMinor) return `You get ${format.money(booking.refundMinor, booking.currency)} back${percent}.`
  return booking.totalMinor > 0 || booking.totalCredits > 0 ? 'Under the cancellation terms there is no refund.' : undefined
}

function toCredits(credits: number): string {
  return credits === 1 ? '1 credit' : `${credits} credits`
}
