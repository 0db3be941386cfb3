import { isOperator, type Principal } from '@alcove/kit'
import { isListed, type BookingRecord } from './domain/booking.ts'
import { forbidden, notFound } from './errors.ts'

type Person = Pick<Principal, 'userId' | 'roles'>

export function ownsBooking(person: Person, booking: Pick<BookingRecord, 'userId'>): boolean {
  return person.userId === booking.userId
}

/** The booking if the person may see it: its member and operators. To anybody else, and for a hold, it does not exist (404). */
export function assertVisible(person: Person, booking: BookingRecord | undefined): BookingRecord {
  if (!booking || !isListed(booking) || !(ownsBooking(person, booking) || isOperator(person))) throw notFound('There is no such booking.')
  return booking
}

export interface ListScope {
  userId?: string
  spaceId?: string
  locationId?: string
  closureId?: string
}

/**
 * Whose bookings a list shows: one's own by default. Operators may name a person or `all`, and see everybody's where they
 * name a space, a location or a closure. Throws `forbidden` when a member names somebody else.
 */
export function listedUser(person: Person, query: ListScope): string | undefined {
  if (!isOperator(person)) {
    if (query.userId !== undefined && query.userId !== person.userId) throw forbidden('Only operators see the bookings of others.')
    return person.userId
  }
  if (query.userId === 'all') return undefined
  if (query.userId !== undefined) return query.userId
  return query.spaceId || query.locationId || query.closureId ? undefined : person.userId
}
