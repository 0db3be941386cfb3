import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildBooking, buildLocation, buildPayment, buildSpace, cancelled, createFixture, idOf, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  // 03:00 UTC on the 6th: the 6th in Berlin, the 5th in Chicago.
  fixture = await createFixture('2026-01-06T03:00:00Z')
})
afterEach(() => fixture.close())

describe('GET /v1/analytics/overview 200', () => {
  it('tells today of each location', async () => {
    const [berlin, chicago] = [buildLocation(), buildLocation({ timeZone: 'America/Chicago', currency: 'USD' })]
    const spaces = [buildSpace(idOf(berlin), 1), buildSpace(idOf(chicago), 1)]
    const inBerlin = { locationId: idOf(berlin), spaceId: idOf(spaces[0]!) }
    const inChicago = { locationId: idOf(chicago), spaceId: idOf(spaces[1]!), currency: 'USD' }
    const today = buildBooking({ ...inBerlin, startsAt: '2026-01-06T09:00:00Z', endsAt: '2026-01-06T12:00:00Z' })
    const present = buildBooking({ ...inChicago, status: 'checked_in', startsAt: '2026-01-06T00:00:00Z', endsAt: '2026-01-06T04:00:00Z' })
    await fixture.feed(
      berlin,
      chicago,
      ...spaces,
      today,
      present,
      buildBooking({ ...inBerlin, startsAt: '2026-01-05T09:00:00Z', endsAt: '2026-01-05T10:00:00Z' }),
      buildBooking({ ...inBerlin, startsAt: '2026-01-06T13:00:00Z', endsAt: '2026-01-06T14:00:00Z' }, cancelled),
      buildPayment({ bookingId: idOf(today), capturedMinor: 1200, refundedMinor: 200 }),
      buildPayment({ bookingId: idOf(present), currency: 'USD', capturedMinor: 700 }),
    )
    expect((await fixture.get('/v1/analytics/overview')).body).toEqual({
      asOf: '2026-01-05T09:00:00Z',
      bookingsToday: 2,
      checkedInNow: 1,
      // 3 hours in Berlin and 4 in Chicago of twice ten.
      percentUtilised: 35,
      revenueToday: [
        { amountMinor: 1000, currency: 'EUR' },
        { amountMinor: 700, currency: 'USD' },
      ],
      deadLetters: 0,
    })
  })

  it('is zero without events', async () => {
    expect((await fixture.get('/v1/analytics/overview')).body).toEqual({
      asOf: '2026-01-06T03:00:00Z',
      bookingsToday: 0,
      checkedInNow: 0,
      percentUtilised: 0,
      revenueToday: [],
      deadLetters: 0,
    })
  })
})
