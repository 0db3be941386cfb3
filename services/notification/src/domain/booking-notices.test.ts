import { bookingCancelled, bookingExpired, bookingRescheduled } from '@alcove/contracts'
import { describe, expect, test } from 'vitest'
import { noticeCancellation, noticeExpiry, noticeReschedule } from './booking-notices.ts'

const eventId = '01890000-0000-7000-8000-0000000000e1'
const unseen = { wasConfirmed: false, operatorIds: [] }

describe('a cancellation', () => {
  test('of a hold that nobody was to pay is told to nobody', () => {
    expect(noticeCancellation(eventId, { ...bookingCancelled.example, attempts: [] }, unseen)).toEqual([])
  })

  test('of a free booking that was confirmed is told', () => {
    expect(noticeCancellation(eventId, { ...bookingCancelled.example, attempts: [] }, { ...unseen, wasConfirmed: true })).toHaveLength(1)
  })

  test('answered to the member as 402 stands in the inbox only; one that came later is mailed', () => {
    const refused = { ...bookingCancelled.example, reasonCode: 'payment-refused' as const, createdAt: '2026-01-04T09:00:00Z' }
    expect(noticeCancellation(eventId, { ...refused, at: '2026-01-04T09:00:01Z' }, unseen)[0]?.channels).toEqual(['inbox'])
    expect(noticeCancellation(eventId, { ...refused, at: '2026-01-04T09:00:15Z' }, unseen)[0]?.channels).toEqual(['mail', 'inbox'])
  })

  test('for a capture refused for good is told to every operator too', () => {
    const operatorIds = ['01890000-0000-7000-8000-0000000000b1', '01890000-0000-7000-8000-0000000000b2']
    const notices = noticeCancellation(eventId, { ...bookingCancelled.example, reasonCode: 'payment-failed' }, { wasConfirmed: true, operatorIds })
    expect(notices.map((notice) => [notice.kind, notice.userId])).toEqual([
      ['booking-cancelled', bookingCancelled.example.userId],
      ['operator-capture-refused', operatorIds[0]],
      ['operator-capture-refused', operatorIds[1]],
    ])
  })
})

test('an unpaid booking’s expiry is told, a hold’s is not', () => {
  expect(noticeExpiry(eventId, bookingExpired.example)).toHaveLength(1)
  expect(noticeExpiry(eventId, { ...bookingExpired.example, attempts: [] })).toEqual([])
})

test('a change of neither time nor place is not told', () => {
  const { example } = bookingRescheduled
  expect(noticeReschedule(eventId, example)).toHaveLength(1)
  expect(noticeReschedule(eventId, { ...example, previous: { ...example.previous!, startsAt: example.startsAt, endsAt: example.endsAt } })).toEqual([])
})
