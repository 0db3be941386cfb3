import type { Attendee, EffectivePolicy, SpaceQuote } from '@alcove/contracts'

export const bookingStatuses = [
  'held',
  'pending_approval',
  'pending_payment',
  'confirmed',
  'checked_in',
  'completed',
  'expired',
  'declined',
  'cancelled',
  'no_show',
] as const
export type BookingStatus = (typeof bookingStatuses)[number]
export type PaymentMethod = 'card' | 'credits'
export type PaymentStatus = 'none' | 'pending' | 'authorized' | 'captured' | 'voided' | 'refunded' | 'failed'
export type ReasonCode = 'member' | 'operator' | 'payment-refused' | 'payment-failed' | 'deactivated' | 'expired' | 'closure'

/** The one table of allowed transitions; the database functions apply it by compare-and-swap on `version`. */
export const transitions: Readonly<Record<BookingStatus, readonly BookingStatus[]>> = {
  held: ['pending_approval', 'pending_payment', 'confirmed', 'expired', 'cancelled'],
  pending_approval: ['pending_payment', 'confirmed', 'declined', 'cancelled', 'expired'],
  pending_payment: ['held', 'confirmed', 'cancelled', 'expired'],
  confirmed: ['checked_in', 'completed', 'cancelled', 'no_show'],
  checked_in: ['completed'],
  completed: [],
  expired: [],
  declined: [],
  cancelled: [],
  no_show: [],
}

export function canBecome(from: BookingStatus, to: BookingStatus): boolean {
  return transitions[from].includes(to)
}

export interface NextAction {
  type: string
  clientSecret?: string
  redirectUrl?: string
}

export interface PendingChange {
  id: string
  attemptId: string
  spaceId: string
  unitId: string
  startsAt: Date
  endsAt: Date
  currency: string
  totalMinor: number
  expiresAt: Date
}

/** A booking as stored: money in minor units, instants as dates. A hold is one in state `held`. */
export interface BookingRecord {
  id: string
  reference: string
  userId: string
  teamId: string | null
  spaceId: string
  unitId: string
  locationId: string
  kind: SpaceQuote['space']['kind']
  spaceName: string
  unitName: string
  locationName: string
  timeZone: string
  startsAt: Date
  endsAt: Date
  bufferBeforeMinutes: number
  bufferAfterMinutes: number
  status: BookingStatus
  version: number
  title: string | null
  reason: string | null
  attendees: Attendee[]
  currency: string
  netMinor: number
  taxMinor: number
  totalMinor: number
  totalCredits: number | null
  lines: SpaceQuote['lines']
  policy: EffectivePolicy
  paymentMethod: PaymentMethod | 'none'
  paymentStatus: PaymentStatus
  paymentId: string | null
  holdExpiresAt: Date | null
  withdrawn: boolean
  checkedInAt: Date | null
  checkedOutAt: Date | null
  reasonCode: ReasonCode | null
  refundMinor: number | null
  refundCredits: number | null
  refundPercent: number | null
  createdAt: Date
  updatedAt: Date
  pendingChange: PendingChange | null
  openAttempt: { id: string; nextAction: NextAction | null } | null
  /** Why the last payment was refused, while that decides what is answered. */
  refusal: string | null
}

/** Whether anybody may see it: not a hold, nor a request that was undone as if never made. */
export function isListed(booking: Pick<BookingRecord, 'status' | 'version' | 'withdrawn'>): boolean {
  return booking.status !== 'held' && booking.version > 0 && !booking.withdrawn
}

/** Who does something: written to history and events. */
export interface By {
  type: 'user' | 'service' | 'system'
  id: string | null
  traceparent: string | null
  /** Set where it is done to somebody else's booking: the store then writes an audit entry in the same transaction. */
  audited?: { requestId: string; address: string | null }
}

/** The row that makes a repeated POST find what the first one did. `path` is the concrete one. */
export interface IdempotencyKey {
  principal: string
  method: 'POST'
  path: string
  key: string
  bodyHash: string
}

export interface NewAttempt {
  id: string
  method: PaymentMethod
  token: string | null
  currency: string
  amountMinor: number
  amountCredits: number
}
