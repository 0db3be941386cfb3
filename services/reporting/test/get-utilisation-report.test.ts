import { closureDeleted, spaceUpdated } from '@alcove/contracts'
import { buildEvent } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildBooking, buildClosure, buildLocation, buildSpace, cancelled, created, createFixture, idOf, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await createFixture()
})
afterEach(() => fixture.close())

const monday = 'from=2026-01-04T23:00:00Z&to=2026-01-05T23:00:00Z'
const report = async (query: string) => (await fixture.get(`/v1/reports/utilisation?${query}`)).body

describe('GET /v1/reports/utilisation 200', () => {
  it('is opening hours times active units, and what is confirmed or later', async () => {
    const location = buildLocation()
    const space = buildSpace(idOf(location), 3)
    const at = { locationId: idOf(location), spaceId: idOf(space) }
    const booked = (hour: number, status: 'confirmed' | 'checked_in' | 'completed' | 'no_show') =>
      buildBooking({ ...at, status, startsAt: `2026-01-05T${10 + hour}:00:00Z`, endsAt: `2026-01-05T${11 + hour}:00:00Z` })
    await fixture.feed(
      location,
      space,
      booked(0, 'confirmed'),
      booked(1, 'checked_in'),
      booked(2, 'completed'),
      booked(3, 'no_show'),
      buildBooking({ ...at, status: 'pending_payment' }, created),
      buildBooking(at, cancelled),
    )
    expect(await report(monday)).toEqual({
      asOf: '2026-01-05T09:00:00Z',
      items: [{ key: '2026-01-05', bookableMinutes: 1800, bookedMinutes: 240, percent: 13.3, bookings: 4 }],
      nextCursor: null,
    })
  })

  it('takes closures from what was bookable: of the location for all, of a space for it alone; a deleted one no more', async () => {
    const location = buildLocation()
    const [one, two] = [buildSpace(idOf(location), 1), buildSpace(idOf(location), 2)]
    const whole = buildClosure(idOf(location), { startsAt: '2026-01-05T07:00:00Z', endsAt: '2026-01-05T08:00:00Z' })
    const own = buildClosure(idOf(location), { spaceIds: [idOf(two)], startsAt: '2026-01-05T07:30:00Z', endsAt: '2026-01-05T09:00:00Z' })
    await fixture.feed(location, one, two, whole, own)
    const bySpace = async () => Object.fromEntries((await report(`${monday}&groupBy=space`)).items.map((item) => [item.key, item.bookableMinutes]))
    expect(await bySpace()).toEqual({ [idOf(one)]: 540, [idOf(two)]: 960 })
    await fixture.feed(buildEvent(closureDeleted, { ...(whole.data as typeof closureDeleted.example), version: 2 }))
    expect(await bySpace()).toEqual({ [idOf(one)]: 600, [idOf(two)]: 1020 })
  })

  it('cuts bookings to the range and at check-out', async () => {
    const location = buildLocation()
    const space = buildSpace(idOf(location), 2)
    const at = { locationId: idOf(location), spaceId: idOf(space), startsAt: '2026-01-05T09:00:00Z', endsAt: '2026-01-05T12:00:00Z' }
    await fixture.feed(location, space, buildBooking(at), buildBooking({ ...at, status: 'completed', checkedOutAt: '2026-01-05T10:15:00Z' }))
    const { items } = await report('from=2026-01-05T10:00:00Z&to=2026-01-05T11:00:00Z&groupBy=location')
    expect(items).toEqual([{ key: idOf(location), bookableMinutes: 120, bookedMinutes: 75, percent: 62.5, bookings: 2 }])
  })

  it('groups by day, week and month of each location’s own zone', async () => {
    const [berlin, chicago] = [buildLocation(), buildLocation({ timeZone: 'America/Chicago', weekStartsOn: 7 })]
    const spaces = [buildSpace(idOf(berlin), 1), buildSpace(idOf(chicago), 1)]
    // 04:00 UTC on the 6th is the 6th in Berlin and still the 5th in Chicago.
    const times = { startsAt: '2026-01-06T04:00:00Z', endsAt: '2026-01-06T05:00:00Z' }
    await fixture.feed(
      berlin,
      chicago,
      ...spaces,
      buildBooking({ ...times, locationId: idOf(berlin), spaceId: idOf(spaces[0]!) }),
      buildBooking({ ...times, locationId: idOf(chicago), spaceId: idOf(spaces[1]!) }),
    )
    const booked = async (groupBy: string) => {
      const { items } = await report(`from=2026-01-05T00:00:00Z&to=2026-01-07T12:00:00Z&groupBy=${groupBy}`)
      return Object.fromEntries(items.filter((item) => item.bookings > 0).map((item) => [item.key, item.bookedMinutes]))
    }
    expect(await booked('day')).toEqual({ '2026-01-05': 60, '2026-01-06': 60 })
    expect(await booked('week')).toEqual({ '2026-01-05': 60, '2026-01-04': 60 })
    expect(await booked('month')).toEqual({ '2026-01': 120 })
  })

  it('counts hours of days of 23 and 25 hours as the clock on the wall shows them', async () => {
    const always = buildLocation({ openingHours: { weekly: [], exceptions: [] } })
    await fixture.feed(always, buildSpace(idOf(always), 1))
    const minutes = async (query: string) => (await report(query)).items.map((item) => item.bookableMinutes)
    expect(await minutes('from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z')).toEqual([23 * 60])
    expect(await minutes('from=2026-10-24T22:00:00Z&to=2026-10-25T23:00:00Z')).toEqual([25 * 60])
  })

  it('follows changes of units and spaces that are switched off', async () => {
    const location = buildLocation()
    const space = buildSpace(idOf(location), 2)
    await fixture.feed(location, space)
    const state = space.data as typeof spaceUpdated.example
    await fixture.feed(buildEvent(spaceUpdated, { ...state, version: 2, units: [...state.units.slice(0, 1), { ...state.units[1]!, status: 'disabled' }] }))
    expect((await report(monday)).items[0]!.bookableMinutes).toBe(600)
    await fixture.feed(buildEvent(spaceUpdated, { ...state, version: 3, status: 'disabled' }))
    expect((await report(monday)).items).toEqual([])
  })

  it('shows one location when asked, and nothing for one that is not there', async () => {
    const [one, two] = [buildLocation(), buildLocation()]
    await fixture.feed(one, two, buildSpace(idOf(one), 1), buildSpace(idOf(two), 5))
    expect((await report(`${monday}&locationId=${idOf(one)}`)).items[0]!.bookableMinutes).toBe(600)
    expect((await report(`${monday}&locationId=01890000-0000-7000-8000-00000000ffff`)).items).toEqual([])
  })

  it('covers thirty days on each side of now when no range is given, and is empty without events', async () => {
    expect(await report('')).toEqual({ asOf: '2026-01-05T11:00:00Z', items: [], nextCursor: null })
    const location = buildLocation()
    await fixture.feed(location, buildSpace(idOf(location), 1))
    const keys = (await report('')).items.map((item) => item.key)
    expect([keys[0], keys.at(-1)]).toEqual(['2025-12-08', '2026-02-04'])
  })
})

describe('GET /v1/reports/utilisation 400', () => {
  it.each([
    ['from=yesterday', '/from'],
    ['from=2026-01-05T00:00:00Z&to=2026-01-05T00:00:00Z', '/to'],
    ['from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z', '/to'],
    ['from=9999-12-31T12:00:00Z', '/to'],
    ['groupBy=team', '/groupBy'],
    ['locationId=harbour', '/locationId'],
    ['colour=red', '/colour'],
  ])('refuses %s', async (query, pointer) => {
    const { status, body } = await fixture.get(`/v1/reports/utilisation?${query}`)
    expect(status).toBe(400)
    expect(body.errors.map((error) => error.pointer).join()).toContain(pointer)
  })
})
