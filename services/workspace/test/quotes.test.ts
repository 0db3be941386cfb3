import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildLocation, buildPolicy, buildPriceBook, buildSpace, buildTestApp, pointersOf, presentAt, type TestApp, unknownId } from './build-test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await buildTestApp()
})
afterAll(() => app.close())

/** Monday, 10:00 to 12:00 in London. */
const interval = { startsAt: '2027-01-04T10:00:00Z', endsAt: '2027-01-04T12:00:00Z' }
const codesOf = (answer: { body: { brokenRules: { code: string }[] } }) => answer.body.brokenRules.map(({ code }) => code)
const internal = { at: presentAt, planId: null, teamIds: [] }

describe('POST /v1/quotes', () => {
  it('200 with lines, net, tax, total, credits, policy and no broken rule', async () => {
    const { id: locationId } = await buildLocation(app)
    const policyId = (await buildPolicy(app, { minMinutes: 30, cancellation: [{ noticeHours: 24, refundPercent: 50 }] })).id
    const priceBookId = (await buildPriceBook(app)).id
    const { id: spaceId } = await buildSpace(app, { locationId, policyId, priceBookId })
    const answer = await app.request('POST', '/v1/quotes', { body: { spaceId, ...interval, addons: [], teamId: unknownId }, roles: ['member'] })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      lines: [{ text: 'Per hour', quantity: 2, unitAmountMinor: 1_000, amountMinor: 2_000 }],
      net: { amountMinor: 2_000, currency: 'GBP' },
      tax: { amountMinor: 400, currency: 'GBP' },
      total: { amountMinor: 2_400, currency: 'GBP' },
      credits: 4,
      policy: { minMinutes: 30, cancellation: [{ noticeHours: 24, refundPercent: 50 }] },
      brokenRules: [],
    })
  })

  it('200 free without a price book', async () => {
    const { id: spaceId } = await buildSpace(app, { locationId: (await buildLocation(app)).id })
    const { body } = await app.request('POST', '/v1/quotes', { body: { spaceId, ...interval } })
    expect(body).toMatchObject({ lines: [], total: { amountMinor: 0, currency: 'GBP' }, policy: {}, brokenRules: [] })
    expect(body).not.toHaveProperty('credits')
  })

  it('200 with every broken rule at once', async () => {
    const { id: locationId } = await buildLocation(app)
    await app.request('PUT', `/v1/locations/${locationId}/opening-hours`, {
      body: { weekly: [{ weekday: 1, opens: '10:00', closes: '11:00' }], exceptions: [] },
    })
    const policyId = (await buildPolicy(app, { minMinutes: 300, gridMinutes: 30, advanceDays: 1 })).id
    const { id: spaceId } = await buildSpace(app, { locationId, policyId, status: 'disabled' })
    await app.request('POST', '/v1/closures', { body: { locationId, ...interval, reason: 'x' } })
    const answer = await app.request('POST', '/v1/quotes', { body: { spaceId, startsAt: '2027-01-04T10:10:00Z', endsAt: '2027-01-04T12:00:00Z' } })
    expect(codesOf(answer)).toEqual(['not-bookable', 'too-far-ahead', 'too-short', 'off-grid', 'outside-opening-hours', 'closed'])
    const past = await app.request('POST', '/v1/quotes', { body: { spaceId, startsAt: '2026-12-28T10:30:00Z', endsAt: '2026-12-28T10:30:00Z' } })
    expect(codesOf(past)).toEqual(['interval-invalid', 'not-bookable', 'in-the-past'])
  })

  it('honours offsets, and hours on the days when the clock changes', async () => {
    const { id: locationId } = await buildLocation(app)
    await app.request('PUT', `/v1/locations/${locationId}/opening-hours`, {
      body: { weekly: [{ weekday: 7, opens: '00:00', closes: '24:00' }], exceptions: [] },
    })
    const priceBookId = (await buildPriceBook(app)).id
    const { id: spaceId } = await buildSpace(app, { locationId, priceBookId })
    const day = async (startsAt: string, endsAt: string) => (await app.request('POST', '/v1/quotes', { body: { spaceId, startsAt, endsAt } })).body
    expect(await day('2027-03-28T00:00:00+00:00', '2027-03-29T00:00:00+01:00')).toMatchObject({ net: { amountMinor: 23_000 }, brokenRules: [] })
    expect(await day('2027-10-31T00:00:00+01:00', '2027-11-01T00:00:00+00:00')).toMatchObject({ net: { amountMinor: 25_000 }, brokenRules: [] })
    expect(await day('2027-03-27T23:59:00Z', '2027-03-28T10:00:00Z')).toMatchObject({ brokenRules: [{ code: 'outside-opening-hours' }] })
  })

  it('shows what an operator has changed at once: hours, policy, price, closure', async () => {
    const { id: locationId } = await buildLocation(app)
    const { id: policyId } = await buildPolicy(app)
    const { id: priceBookId } = await buildPriceBook(app)
    const { id: spaceId } = await buildSpace(app, { locationId, policyId, priceBookId })
    const quote = async () => app.request('POST', '/v1/quotes', { body: { spaceId, ...interval } })
    expect(codesOf(await quote())).toEqual([])
    await app.request('PATCH', `/v1/policies/${policyId}`, { body: { maxMinutes: 60 } })
    expect(codesOf(await quote())).toEqual(['too-long'])
    await app.request('PUT', `/v1/locations/${locationId}/opening-hours`, { body: { weekly: [{ weekday: 2, opens: '08:00', closes: '09:00' }] } })
    expect(codesOf(await quote())).toEqual(['too-long', 'outside-opening-hours'])
    const closure = await app.request('POST', '/v1/closures', { body: { locationId, spaceIds: [spaceId], ...interval, reason: 'x' } })
    expect(codesOf(await quote())).toEqual(['too-long', 'outside-opening-hours', 'closed'])
    await app.request('DELETE', `/v1/closures/${closure.body.id}`)
    await app.request('PATCH', `/v1/price-books/${priceBookId}`, { body: { rules: [{ unit: 'booking', amountMinor: 7 }] } })
    expect((await quote()).body).toMatchObject({ net: { amountMinor: 7 }, brokenRules: [{ code: 'too-long' }, { code: 'outside-opening-hours' }] })
  })

  it('404 for an unknown space or add-on, 400 for broken fields, 401 without a token', async () => {
    const { id: spaceId } = await buildSpace(app, { locationId: (await buildLocation(app)).id })
    expect((await app.request('POST', '/v1/quotes', { body: { spaceId: unknownId, ...interval } })).status).toBe(404)
    expect((await app.request('POST', '/v1/quotes', { body: { spaceId, ...interval, addons: [{ addonId: unknownId, quantity: 1 }] } })).status).toBe(404)
    expect(pointersOf(await app.request('POST', '/v1/quotes', { body: { spaceId: 1, startsAt: '2027-02-30T10:00:00Z', x: 1 } }))).toEqual([
      '/endsAt',
      '/spaceId',
      '/startsAt',
      '/x',
    ])
    expect((await app.request('POST', '/v1/quotes', { body: { spaceId, ...interval }, roles: [] })).status).toBe(401)
  })

  it('answers at once for the longest interval there is', async () => {
    const { id: spaceId } = await buildSpace(app, { locationId: (await buildLocation(app)).id, priceBookId: (await buildPriceBook(app)).id })
    const answer = await app.request('POST', '/v1/quotes', { body: { spaceId, startsAt: '1970-01-01T00:00:00Z', endsAt: '9999-12-31T23:59:59Z' } })
    expect([answer.status, codesOf(answer), answer.body.total.amountMinor]).toEqual([200, ['in-the-past', 'too-long'], 0])
  })
})

describe('POST /internal/quotes', () => {
  it('200 with everything a booking freezes, judged at the caller’s time, plan and company', async () => {
    const location = await buildLocation(app)
    const planId = '01890000-0000-7000-8000-0000000000cc'
    const priceBook = await buildPriceBook(app, {
      rules: [
        { unit: 'hour', amountMinor: 1, planId },
        { unit: 'hour', amountMinor: 1_000 },
      ],
    })
    const space = await buildSpace(app, { locationId: location.id, name: 'Pool', units: 2, bufferAfterMinutes: 15, priceBookId: priceBook.id, capacity: 2 })
    const answer = await app.asBooking('/internal/quotes', { spaceId: space.id, ...interval, ...internal, planId, attendeeCount: 3 })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      space: {
        id: space.id,
        locationId: location.id,
        name: 'Pool',
        kind: 'desk',
        capacity: 2,
        revision: 1,
        status: 'active',
        bufferBeforeMinutes: 0,
        bufferAfterMinutes: 15,
      },
      location: { id: location.id, name: 'Harbour', timeZone: 'Europe/London', currency: 'GBP', weekStartsOn: 1 },
      units: space.unitList.map(({ id, name }) => ({ id, name })),
      currency: 'GBP',
      netMinor: 2,
      taxMinor: 0,
      totalMinor: 2,
      totalCredits: null,
      brokenRules: [{ code: 'capacity-exceeded' }],
    })
    const late = await app.asBooking('/internal/quotes', { spaceId: space.id, ...interval, ...internal, at: '2027-01-04T10:30:00Z' })
    expect(codesOf(late)).toEqual(['in-the-past'])
  })

  it('200 judging only what is added to a booking, at the price of the whole', async () => {
    const { id: locationId } = await buildLocation(app)
    const policyId = (await buildPolicy(app, { leadMinutes: 600, gridMinutes: 30, maxMinutes: 180 })).id
    const { id: spaceId } = await buildSpace(app, { locationId, policyId, priceBookId: (await buildPriceBook(app)).id })
    await app.request('POST', '/v1/closures', { body: { locationId, ...interval, endsAt: '2027-01-04T11:00:00Z', reason: 'x' } })
    const running = { ...internal, at: '2027-01-04T10:40:00Z', addedFrom: '2027-01-04T11:00:00Z' }
    const longer = await app.asBooking('/internal/quotes', { spaceId, ...interval, ...running })
    expect([codesOf(longer), longer.body.netMinor]).toEqual([[], 2_000])
    const tooLong = await app.asBooking('/internal/quotes', { spaceId, ...interval, endsAt: '2027-01-04T13:10:00Z', ...running })
    expect(codesOf(tooLong)).toEqual(['too-long', 'off-grid'])
  })

  it('200 without a price for what a price book of older rules leaves open: not bookable, and not for nothing', async () => {
    const { id: locationId } = await buildLocation(app)
    const book = await buildPriceBook(app)
    const { id: spaceId } = await buildSpace(app, { locationId, priceBookId: book.id })
    const rules = [{ unit: 'hour', amountMinor: 1, from: '08:00', to: '11:00' }]
    await app.database.pool.query('UPDATE price_book SET rules = $2 WHERE id = $1', [book.id, JSON.stringify(rules)])
    app.deps.catalogue.clear()
    const answer = await app.asBooking('/internal/quotes', { spaceId, ...interval, ...internal })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ totalMinor: 0, totalCredits: null, brokenRules: [{ code: 'not-bookable' }] })
  })

  it('200 with the unit asked for alone, 404 for a unit of another space', async () => {
    const { id: locationId } = await buildLocation(app)
    const space = await buildSpace(app, { locationId, units: 2 })
    const other = await buildSpace(app, { locationId })
    const unitId = space.unitList[1]!.id
    expect((await app.asBooking('/internal/quotes', { spaceId: space.id, unitId, ...interval, ...internal })).body.units).toEqual([
      { id: unitId, name: 'Desk 2' },
    ])
    expect((await app.asBooking('/internal/quotes', { spaceId: space.id, unitId: other.unitList[0]!.id, ...interval, ...internal })).status).toBe(404)
    expect((await app.asBooking('/internal/quotes', { spaceId: unknownId, ...interval, ...internal })).status).toBe(404)
  })

  it('401 for a person, and for a service that declares no such call', async () => {
    expect((await app.request('POST', '/internal/quotes', { body: {} })).status).toBe(401)
    const headers = await app.tokens.asService('payment')
    const answer = await app.request('POST', '/internal/quotes', { body: {}, roles: [], headers })
    expect([401, 403]).toContain(answer.status)
  })
})

describe('POST /internal/schedules', () => {
  const range = { from: '2027-01-04T00:00:00Z', to: '2027-01-06T00:00:00Z' }

  it('200 with open periods after closures of the location, and units, buffers, grid and own closures of its active spaces', async () => {
    const { id: locationId } = await buildLocation(app)
    await app.request('PUT', `/v1/locations/${locationId}/opening-hours`, { body: { weekly: [{ weekday: 1, opens: '08:00', closes: '18:00' }] } })
    const policyId = (await buildPolicy(app, { gridMinutes: 15, minMinutes: 30, maxMinutes: 480, leadMinutes: 20, advanceDays: 60 })).id
    const space = await buildSpace(app, { locationId, units: 2, bufferBeforeMinutes: 5, policyId, amenities: ['screen'] })
    await buildSpace(app, { locationId, status: 'disabled' })
    await app.request('POST', '/v1/closures', { body: { locationId, ...interval, reason: 'x' } })
    await app.request('POST', '/v1/closures', {
      body: { locationId, spaceIds: [space.id], startsAt: '2027-01-04T16:00:00Z', endsAt: '2027-01-04T17:00:00Z', reason: 'x' },
    })
    const answer = await app.asBooking('/internal/schedules', { ...range, locationId })
    expect(answer.body).toEqual({
      locations: [
        {
          id: locationId,
          timeZone: 'Europe/London',
          open: [
            { startsAt: '2027-01-04T08:00:00Z', endsAt: '2027-01-04T10:00:00Z' },
            { startsAt: '2027-01-04T12:00:00Z', endsAt: '2027-01-04T18:00:00Z' },
          ],
        },
      ],
      spaces: [
        {
          id: space.id,
          locationId,
          kind: 'desk',
          capacity: 1,
          bufferBeforeMinutes: 5,
          bufferAfterMinutes: 0,
          unitIds: space.unitList.map(({ id }) => id),
          closed: [{ startsAt: '2027-01-04T16:00:00Z', endsAt: '2027-01-04T17:00:00Z' }],
          gridMinutes: 15,
          minMinutes: 30,
          maxMinutes: 480,
          leadMinutes: 20,
          advanceDays: 60,
        },
      ],
    })
    const ids = async (filter: object) => (await app.asBooking('/internal/schedules', { ...range, ...filter })).body.spaces.map(({ id }: { id: string }) => id)
    expect(await ids({ spaceIds: [space.id, unknownId] })).toEqual([space.id])
    expect(await ids({ locationId, kind: 'room' })).toEqual([])
    expect(await ids({ locationId, capacityMin: 2 })).toEqual([])
    expect(await ids({ locationId, amenities: ['screen'] })).toEqual([space.id])
    expect(await ids({ locationId, amenities: ['sauna'] })).toEqual([])
    expect(await ids({})).toContain(space.id)
    expect(await ids({ locationId: unknownId })).toEqual([])
  })

  it('400 for a range that is none or too long', async () => {
    expect((await app.asBooking('/internal/schedules', { from: range.to, to: range.from })).status).toBe(400)
    expect((await app.asBooking('/internal/schedules', { from: range.from, to: '2029-01-01T00:00:00Z' })).status).toBe(400)
  })
})

describe('POST /internal/closures/check and GET /internal/closures/{id}', () => {
  it('200 as the database has it, whatever this replica remembers, until it is deleted', async () => {
    const { id: locationId } = await buildLocation(app)
    const space = await buildSpace(app, { locationId })
    const other = await buildSpace(app, { locationId })
    const check = async (spaceId: string) => (await app.asBooking('/internal/closures/check', { locationId, spaceId, ...interval })).body
    const find = async (id: string) => app.request('GET', `/internal/closures/${id}`, { roles: [], headers: await app.tokens.asService('booking') })
    expect(await check(space.id)).toEqual({ closed: false })
    // Written by another replica: this one has not looked yet.
    const id = '01890000-0000-7000-8000-0000000000ce'
    await app.database.pool.query(
      `INSERT INTO closure (id, version, location_id, space_ids, starts_at, ends_at, reason, created_at) VALUES ($1, 1, $2, $3, $4, $5, 'x', $4)`,
      [id, locationId, [space.id], '2027-01-04T11:59:59Z', '2027-01-04T13:00:00Z'],
    )
    expect([await check(space.id), await check(other.id)]).toEqual([{ closed: true }, { closed: false }])
    expect((await find(id)).body).toEqual({ id, locationId, spaceIds: [space.id], startsAt: '2027-01-04T11:59:59Z', endsAt: '2027-01-04T13:00:00Z' })
    await app.request('DELETE', `/v1/closures/${id}`)
    expect([await check(space.id), (await find(id)).status]).toEqual([{ closed: false }, 404])
    // A neighbour that only touches is none, and one of the whole location hits every space.
    await app.request('POST', '/v1/closures', { body: { locationId, startsAt: interval.endsAt, endsAt: '2027-01-04T14:00:00Z', reason: 'x' } })
    expect(await check(space.id)).toEqual({ closed: false })
    await app.request('POST', '/v1/closures', { body: { locationId, ...interval, reason: 'x' } })
    expect([await check(space.id), await check(other.id)]).toEqual([{ closed: true }, { closed: true }])
  })

  it('401 for a person', async () => {
    expect((await app.request('GET', `/internal/closures/${unknownId}`)).status).toBe(401)
  })
})
