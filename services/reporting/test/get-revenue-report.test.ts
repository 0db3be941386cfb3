import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildBooking, buildLocation, buildPayment, buildSpace, cancelled, createFixture, idOf, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await createFixture()
})
afterEach(() => fixture.close())

const week = 'from=2026-01-04T23:00:00Z&to=2026-01-11T23:00:00Z'
const items = async (query: string) => (await fixture.get(`/v1/reports/revenue?${query}`)).body.items

describe('GET /v1/reports/revenue 200', () => {
  it('sums by currency: booked of what stands, captured and refunded of every payment', async () => {
    const [berlin, chicago] = [buildLocation(), buildLocation({ timeZone: 'America/Chicago', currency: 'USD' })]
    const spaces = [buildSpace(idOf(berlin), 1), buildSpace(idOf(chicago), 1)]
    const inBerlin = { locationId: idOf(berlin), spaceId: idOf(spaces[0]!), startsAt: '2026-01-05T09:00:00Z', endsAt: '2026-01-05T10:00:00Z' }
    const stands = buildBooking({ ...inBerlin, totalMinor: 1200 })
    const gone = buildBooking({ ...inBerlin, totalMinor: 500 }, cancelled)
    const credits = buildBooking({ ...inBerlin, totalMinor: 900, paymentMethod: 'credits' })
    const dollars = buildBooking({
      locationId: idOf(chicago),
      spaceId: idOf(spaces[1]!),
      startsAt: '2026-01-06T04:00:00Z',
      endsAt: '2026-01-06T05:00:00Z',
      currency: 'USD',
      totalMinor: 700,
    })
    await fixture.feed(
      berlin,
      chicago,
      ...spaces,
      stands,
      gone,
      credits,
      dollars,
      buildPayment({ bookingId: idOf(stands), capturedMinor: 1000 }),
      buildPayment({ bookingId: idOf(stands), capturedMinor: 200 }),
      buildPayment({ bookingId: idOf(gone), capturedMinor: 500, refundedMinor: 400, status: 'refunded' }),
      buildPayment({ bookingId: idOf(dollars), currency: 'USD', capturedMinor: 700 }),
      buildPayment({ bookingId: null, capturedMinor: 9999 }),
    )
    const euros = { currency: 'EUR', bookedMinor: 1200, capturedMinor: 1700, refundedMinor: 400 }
    const dollarItem = { currency: 'USD', bookedMinor: 700, capturedMinor: 700, refundedMinor: 0 }
    expect(await items(`${week}&groupBy=month`)).toEqual([
      { key: '2026-01', ...euros },
      { key: '2026-01', ...dollarItem },
    ])
    expect(await items(`${week}&groupBy=location&locationId=${idOf(chicago)}`)).toEqual([{ key: idOf(chicago), ...dollarItem }])
    expect(await items(`${week}&groupBy=space`)).toHaveLength(2)
    // Both begin on the 5th of their own places.
    expect((await items(week)).map((item) => item.key)).toEqual(['2026-01-05', '2026-01-05'])
  })

  it('belongs to the group in which the booking begins', async () => {
    const location = buildLocation()
    const space = buildSpace(idOf(location), 1)
    const late = buildBooking({
      locationId: idOf(location),
      spaceId: idOf(space),
      startsAt: '2026-01-05T22:30:00Z',
      endsAt: '2026-01-06T02:00:00Z',
      totalMinor: 300,
    })
    await fixture.feed(location, space, late)
    expect((await items(week)).map((item) => [item.key, item.bookedMinor])).toEqual([['2026-01-05', 300]])
    expect(await items('from=2026-01-05T23:00:00Z&to=2026-01-06T23:00:00Z')).toEqual([])
  })
})
