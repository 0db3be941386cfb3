import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildLocation, buildPolicy, buildPriceBook, buildSpace, buildTestApp, pointersOf, type TestApp, unknownId } from './build-test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await buildTestApp()
})
afterAll(() => app.close())

describe('/v1/policies', () => {
  const body = {
    name: 'Rooms',
    minMinutes: 30,
    maxMinutes: 240,
    gridMinutes: 15,
    leadMinutes: 0,
    advanceDays: 60,
    cancellation: [{ noticeHours: 24, refundPercent: 50 }],
  }

  it('POST 201, GET 200 and PATCH 200 show the same policy; null lifts a limit', async () => {
    const created = await app.request('POST', '/v1/policies', { body })
    expect([created.status, created.headers.location]).toEqual([201, `/v1/policies/${created.body.id}`])
    expect(created.body).toMatchObject(body)
    expect((await app.request('GET', `/v1/policies/${created.body.id}`, { roles: ['member'] })).body).toEqual(created.body)
    const patched = await app.request('PATCH', `/v1/policies/${created.body.id}`, { body: { maxMinutes: null, minMinutes: 60, cancellation: null } })
    expect(patched.status).toBe(200)
    expect(patched.body).toMatchObject({ name: 'Rooms', minMinutes: 60, gridMinutes: 15 })
    expect(patched.body).not.toHaveProperty('maxMinutes')
    expect(patched.body).not.toHaveProperty('cancellation')
    expect((await app.listEvents(created.body.id)).map(({ type, data }) => [type, data.version, data.maxMinutes])).toEqual([
      ['workspace.policy-created.v1', 1, 240],
      ['workspace.policy-updated.v1', 2, null],
    ])
  })

  it('every member is optional', async () => {
    expect((await app.request('POST', '/v1/policies', { body: {} })).body).toEqual({
      id: expect.any(String),
      name: 'Policy',
      createdAt: '2027-01-01T12:00:00Z',
      updatedAt: '2027-01-01T12:00:00Z',
    })
  })

  it('400 for limits that are none or contradict each other, also through PATCH; members of later releases are unknown', async () => {
    const bad = await app.request('POST', '/v1/policies', {
      body: { minMinutes: 0, advanceDays: 401, gridMinutes: 'x', quotas: [], checkIn: {}, allowedPlans: [], allowedTeams: [] },
    })
    expect([bad.status, pointersOf(bad)]).toEqual([
      400,
      ['/advanceDays', '/allowedPlans', '/allowedTeams', '/checkIn', '/gridMinutes', '/minMinutes', '/quotas'],
    ])
    const contradiction = {
      minMinutes: 60,
      maxMinutes: 30,
      cancellation: [
        { noticeHours: 1, refundPercent: 1 },
        { noticeHours: 1, refundPercent: 2 },
      ],
    }
    expect(pointersOf(await app.request('POST', '/v1/policies', { body: contradiction }))).toEqual(['/cancellation/1/noticeHours', '/minMinutes'])
    const { id } = await buildPolicy(app, { minMinutes: 60 })
    expect(pointersOf(await app.request('PATCH', `/v1/policies/${id}`, { body: { maxMinutes: 30 } }))).toEqual(['/minMinutes'])
  })

  it('403 for a member who writes, 404 for an unknown policy, 401 without a token', async () => {
    expect((await app.request('POST', '/v1/policies', { body, roles: ['member'] })).status).toBe(403)
    expect((await app.request('PATCH', `/v1/policies/${unknownId}`, { body: {}, roles: ['member'] })).status).toBe(403)
    expect((await app.request('PATCH', `/v1/policies/${unknownId}`, { body: {} })).status).toBe(404)
    expect((await app.request('GET', `/v1/policies/${unknownId}`)).status).toBe(404)
    expect((await app.request('GET', '/v1/policies', { roles: [] })).status).toBe(401)
    expect((await app.request('GET', '/v1/policies', { roles: ['member'] })).body).toMatchObject({ items: expect.any(Array), nextCursor: null })
  })
})

describe('/v1/price-books', () => {
  const body = {
    name: 'Rooms',
    currency: 'EUR',
    rules: [
      { unit: 'hour', amountMinor: 2_000, weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '18:00', kind: 'room', planId: unknownId, creditsPerUnit: 2 },
      { unit: 'booking', amountMinor: 500 },
    ],
    dayCapMinor: 9_000,
  }

  it('POST 201, GET 200 and PATCH 200 show the same book; null lifts the cap', async () => {
    const created = await app.request('POST', '/v1/price-books', { body })
    expect([created.status, created.headers.location]).toEqual([201, `/v1/price-books/${created.body.id}`])
    expect(created.body).toMatchObject(body)
    expect((await app.request('GET', `/v1/price-books/${created.body.id}`, { roles: ['member'] })).body).toEqual(created.body)
    const patched = await app.request('PATCH', `/v1/price-books/${created.body.id}`, { body: { dayCapMinor: null, rules: [{ unit: 'day', amountMinor: 1 }] } })
    expect(patched.body).toMatchObject({ name: 'Rooms', rules: [{ unit: 'day', amountMinor: 1 }] })
    expect(patched.body).not.toHaveProperty('dayCapMinor')
    expect((await app.listEvents(created.body.id)).map(({ type, data }) => [type, data.dayCapMinor])).toEqual([
      ['workspace.price-book-created.v1', 9_000],
      ['workspace.price-book-updated.v1', null],
    ])
  })

  it('400 for rules that leave a minute without a price, times and currencies that are none; a deposit is unknown', async () => {
    const open = { ...body, rules: [{ unit: 'hour', amountMinor: 1, weekdays: [1] }] }
    expect(pointersOf(await app.request('POST', '/v1/price-books', { body: open }))).toEqual(['/rules'])
    const bad = { name: '', currency: 'EURO', rules: [{ unit: 'week', amountMinor: 1.5, weekdays: [0], from: '8:00' }], depositMinor: 1 }
    expect(pointersOf(await app.request('POST', '/v1/price-books', { body: bad }))).toEqual([
      '/currency',
      '/depositMinor',
      '/name',
      '/rules/0/amountMinor',
      '/rules/0/from',
      '/rules/0/unit',
      '/rules/0/weekdays/0',
    ])
    const meaning = { ...body, currency: 'ZZZ', rules: [{ unit: 'hour', amountMinor: 1, from: '24:00' }] }
    expect(pointersOf(await app.request('POST', '/v1/price-books', { body: meaning }))).toEqual(['/currency', '/rules/0/from'])
    expect((await app.request('POST', '/v1/price-books', { body: { ...body, rules: [] } })).status).toBe(400)
  })

  it('400 for a currency other than that of a location that uses the book', async () => {
    const { id: locationId } = await buildLocation(app)
    const { id: priceBookId } = await buildPriceBook(app)
    await buildSpace(app, { locationId, priceBookId })
    expect(pointersOf(await app.request('PATCH', `/v1/price-books/${priceBookId}`, { body: { currency: 'EUR' } }))).toEqual(['/currency'])
    expect((await app.request('PATCH', `/v1/price-books/${(await buildPriceBook(app)).id}`, { body: { currency: 'EUR' } })).status).toBe(200)
  })

  it('403 for a member who writes, 404 for an unknown book, 401 without a token', async () => {
    expect((await app.request('POST', '/v1/price-books', { body, roles: ['member'] })).status).toBe(403)
    expect((await app.request('PATCH', `/v1/price-books/${unknownId}`, { body: {}, roles: ['member'] })).status).toBe(403)
    expect((await app.request('PATCH', `/v1/price-books/${unknownId}`, { body: {} })).status).toBe(404)
    expect((await app.request('GET', `/v1/price-books/${unknownId}`)).status).toBe(404)
    expect((await app.request('GET', '/v1/price-books', { roles: [] })).status).toBe(401)
    expect((await app.request('GET', '/v1/price-books?limit=1', { roles: ['member'] })).body).toMatchObject({ items: [{}], nextCursor: expect.any(String) })
  })
})

describe('/v1/closures', () => {
  const times = { startsAt: '2027-01-04T10:00:00+01:00', endsAt: '2027-01-04T12:00:00.900Z', reason: 'Repairs' }

  it('POST 201 for a location or some of its spaces, with instants in UTC and whole seconds; events carry no reason', async () => {
    const { id: locationId } = await buildLocation(app)
    const whole = await app.request('POST', '/v1/closures', { body: { locationId, ...times } })
    expect([whole.status, whole.headers.location]).toEqual([201, `/v1/closures/${whole.body.id}`])
    expect(whole.body).toEqual({
      id: expect.any(String),
      locationId,
      startsAt: '2027-01-04T09:00:00Z',
      endsAt: '2027-01-04T12:00:00Z',
      reason: 'Repairs',
      createdAt: '2027-01-01T12:00:00Z',
    })
    const spaceIds = [(await buildSpace(app, { locationId })).id]
    const some = await app.request('POST', '/v1/closures', { body: { locationId, spaceIds, ...times } })
    expect(some.body.spaceIds).toEqual(spaceIds)
    const [event] = await app.listEvents(some.body.id)
    expect(event).toEqual({
      type: 'workspace.closure-created.v1',
      data: { closureId: some.body.id, version: 1, locationId, spaceIds, startsAt: '2027-01-04T09:00:00Z', endsAt: '2027-01-04T12:00:00Z' },
    })
    expect((await app.listEvents(whole.body.id))[0]!.data.spaceIds).toBeNull()
  })

  it('GET lists newest first by location and time; DELETE 204 takes one back', async () => {
    const { id: locationId } = await buildLocation(app)
    const make = async (startsAt: string, endsAt: string) =>
      (await app.request('POST', '/v1/closures', { body: { locationId, startsAt, endsAt, reason: 'x' } })).body.id
    const first = await make('2027-02-01T00:00:00Z', '2027-02-02T00:00:00Z')
    const second = await make('2027-03-01T00:00:00Z', '2027-03-02T00:00:00Z')
    const ids = async (query: string) =>
      (await app.request('GET', `/v1/closures?locationId=${locationId}&${query}`, { roles: ['member'] })).body.items.map(({ id }: { id: string }) => id)
    expect(await ids('')).toEqual([second, first])
    expect(await ids('from=2027-02-02T00:00:00Z')).toEqual([second])
    expect(await ids('to=2027-03-01T00:00:00Z')).toEqual([first])
    expect((await app.request('GET', `/v1/closures/${first}`)).body.id).toBe(first)
    expect((await app.request('DELETE', `/v1/closures/${first}`)).status).toBe(204)
    expect(await ids('')).toEqual([second])
    expect((await app.request('GET', `/v1/closures/${first}`)).status).toBe(404)
    expect((await app.request('DELETE', `/v1/closures/${first}`)).status).toBe(404)
    expect((await app.listEvents(first)).at(-1)).toMatchObject({ type: 'workspace.closure-deleted.v1', data: { version: 2 } })
  })

  it('422 interval-invalid when it does not end after it starts', async () => {
    const { id: locationId } = await buildLocation(app)
    const answer = await app.request('POST', '/v1/closures', { body: { locationId, ...times, endsAt: '2027-01-04T09:00:00Z' } })
    expect([answer.status, answer.body.type, answer.body.errors.map(({ code }: { code: string }) => code)]).toEqual([
      422,
      '/problems/rules-broken',
      ['interval-invalid'],
    ])
  })

  it('404 for an unknown location and for a space elsewhere, 400 for an empty list, 403 for a member', async () => {
    const { id: locationId } = await buildLocation(app)
    const elsewhere = await buildSpace(app, { locationId: (await buildLocation(app)).id })
    expect((await app.request('POST', '/v1/closures', { body: { locationId: unknownId, ...times } })).status).toBe(404)
    expect((await app.request('POST', '/v1/closures', { body: { locationId, spaceIds: [elsewhere.id], ...times } })).status).toBe(404)
    expect(pointersOf(await app.request('POST', '/v1/closures', { body: { locationId, spaceIds: [], ...times, startsAt: 'noon', reason: 5 } }))).toEqual([
      '/reason',
      '/spaceIds',
      '/startsAt',
    ])
    expect((await app.request('POST', '/v1/closures', { body: { locationId, ...times }, roles: ['member'] })).status).toBe(403)
    expect((await app.request('DELETE', `/v1/closures/${unknownId}`, { roles: ['member'] })).status).toBe(403)
    expect((await app.request('POST', '/v1/closures', { body: { locationId, ...times }, roles: [] })).status).toBe(401)
  })
})
