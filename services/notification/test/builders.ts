import { bookingConfirmed, type Account, type BookingDetail, type BookingState, type Person } from '@alcove/contracts'

export const userId = bookingConfirmed.example.userId

export function buildBooking(state: Partial<BookingState> = {}): BookingState {
  return { ...bookingConfirmed.example, ...state }
}

export function buildDetail(detail: Partial<BookingDetail> = {}): BookingDetail {
  return {
    state: buildBooking(),
    spaceName: 'Window desks',
    unitName: 'Desk 4',
    locationName: 'Harbour',
    title: null,
    reason: null,
    attendees: [],
    ...detail,
  }
}

export function buildPerson(person: Partial<Person> = {}): Person {
  return { id: userId, status: 'active', displayName: 'Ann Member', locale: 'en', timeZone: 'Europe/London', planId: null, teams: [], ...person }
}

export function buildAccount(account: Partial<Account> = {}): Account {
  return {
    id: userId,
    email: 'ann@example.org',
    displayName: 'Ann',
    roles: ['member'],
    status: 'active',
    createdAt: '2026-01-01T00:00:00Z',
    ...account,
  }
}
