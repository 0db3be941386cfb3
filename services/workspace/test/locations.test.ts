import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildLocation, buildPriceBook, buildSpace, buildTestApp, pointersOf, type TestApp, unknownId } from './build-test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await buildTestApp()
})
afterAll(() => app.close())

describe('POST /v1/locations', () => {
  const body = { name: 'Mitte', timeZone: 'Europe/Berlin', address: 'Torstr. 1', currency: 'EUR', taxRatePercent: 7.7, weekStartsOn: 7 }

  it('201 with Location, the resource and one event with the whole state', async () => {
    const answer = await app.request('POST', '/v1/locations', { body })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({
      ...body,
      id: expect.any(String),
      openingHours: { weekly: [], exceptions: [] },
      createdAt: '2027-01-01T12:00:00Z',
      updatedAt: '2027-01-01T12:00:00Z',
    })
    expect(answer.headers.location).toBe(`/v1/locations/${answer.body.id}`)
    expect(await app.listEvents(answer.body.id)).toEqual([
      {
        type: 'workspace.location-created.v1',
        data: expect.objectContaining({ locationId: answer.body.id, version: 1, status: 'active', timeZone: 'Europe/Berlin' }),
      },
    ])
  })

  it('says in the audit log who did it', async () => {
    const userId = '01890000-0000-7000-8000-0000000000aa'
    const { body: location } = await app.request('POST', '/v1/locations', { body, userId })
    const { rows } = await app.database.pool.query("SELECT data FROM outbox WHERE type = 'audit.recorded.v1' AND data->>'subject' = $1", [location.id])
    expect(rows.map(({ data }) => [data.action, data.actor])).toEqual([['location.created', { type: 'user', id: userId }]])
  })

  it('fills in what has a default', async () => {
    const answer = await app.request('POST', '/v1/locations', { body: { name: 'Loop', timeZone: 'America/Chicago', currency: 'USD' } })
    expect(answer.body).toMatchObject({ address: '', taxRatePercent: 0, weekStartsOn: 1 })
  })

  it('400 with every broken field at once', async () => {
    const schema = await app.request('POST', '/v1/locations', { body: { timeZone: 5, currency: 'eur', taxRatePercent: 101, weekStartsOn: 0, planet: 'Mars' } })
    expect(schema.status).toBe(400)
    expect(pointersOf(schema)).toEqual(['/currency', '/name', '/planet', '/taxRatePercent', '/timeZone', '/weekStartsOn'])
    const meaning = await app.request('POST', '/v1/locations', { body: { ...body, timeZone: 'Mars/Olympus', currency: 'XQX', taxRatePercent: 1.000001 } })
    expect(meaning.status).toBe(400)
    expect(pointersOf(meaning)).toEqual(['/currency', '/taxRatePercent', '/timeZone'])
  })

  it('401 without a token, 403 for a member and a team admin, 201 for an admin', async () => {
    expect((await app.request('POST', '/v1/locations', { body, roles: [] })).status).toBe(401)
    expect((await app.request('POST', '/v1/locations', { body, roles: ['member', 'team-admin'] })).status).toBe(403)
    expect((await app.request('POST', '/v1/locations', { body, roles: ['admin'] })).status).toBe(201)
  })
})

describe('GET /v1/locations', () => {
  it('200 newest first in pages, for any user', async () => {
    const made = []
    for (const name of ['a', 'b', 'c']) made.unshift((await buildLocation(app, { name })).id)
    const first = await app.request('GET', '/v1/locations?limit=2', { roles: ['member'] })
    expect(first.status).toBe(200)
    const second = await app.request('GET', `/v1/locations?limit=1&cursor=${first.body.nextCursor}`, { roles: ['member'] })
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(made)
    let { nextCursor } = second.body
    while (nextCursor) ({ nextCursor } = (await app.request('GET', `/v1/locations?limit=2&cursor=${nextCursor}`)).body)
    expect(nextCursor).toBeNull()
  })

  it('400 for a cursor, a limit or a member that is none, 401 without a token', async () => {
    for (const query of ['cursor=nonsense', 'limit=0', 'limit=201', 'colour=red']) expect((await app.request('GET', `/v1/locations?${query}`)).status).toBe(400)
    expect((await app.request('GET', '/v1/locations', { roles: [] })).status).toBe(401)
  })
})

describe('GET and PATCH /v1/locations/{id}', () => {
  it('200 with what was written', async () => {
    const { id } = await buildLocation(app)
    const changed = await app.request('PATCH', `/v1/locations/${id}`, { body: { name: 'Dock', taxRatePercent: 0 } })
    expect(changed.status).toBe(200)
    const read = await app.request('GET', `/v1/locations/${id}`, { roles: ['member'] })
    expect(read.body).toEqual(changed.body)
    expect(read.body).toMatchObject({ name: 'Dock', taxRatePercent: 0, timeZone: 'Europe/London' })
    expect((await app.listEvents(id)).map(({ type, data }) => [type, data.version])).toEqual([
      ['workspace.location-created.v1', 1],
      ['workspace.location-updated.v1', 2],
    ])
  })

  it('raises no version when nothing changes', async () => {
    const { id } = await buildLocation(app)
    expect((await app.request('PATCH', `/v1/locations/${id}`, { body: { name: 'Harbour' } })).status).toBe(200)
    expect(await app.listEvents(id)).toHaveLength(1)
  })

  it('400 for a zone that does not exist, and for a currency that a price book in use here is not in', async () => {
    const { id } = await buildLocation(app)
    expect(pointersOf(await app.request('PATCH', `/v1/locations/${id}`, { body: { timeZone: 'Nowhere' } }))).toEqual(['/timeZone'])
    const book = await buildPriceBook(app)
    await buildSpace(app, { locationId: id, priceBookId: book.id })
    expect(pointersOf(await app.request('PATCH', `/v1/locations/${id}`, { body: { currency: 'EUR' } }))).toEqual(['/currency'])
  })

  it('404 for an unknown id, 403 for a member who writes, 400 for an id that is none', async () => {
    expect((await app.request('GET', `/v1/locations/${unknownId}`)).status).toBe(404)
    expect((await app.request('PATCH', `/v1/locations/${unknownId}`, { body: {} })).status).toBe(404)
    expect((await app.request('PATCH', `/v1/locations/${unknownId}`, { body: {}, roles: ['member'] })).status).toBe(403)
    expect((await app.request('GET', '/v1/locations/seven')).status).toBe(400)
  })
})

describe('PUT /v1/locations/{id}/opening-hours', () => {
  const hours = {
    weekly: [
      { weekday: 1, opens: '08:00', closes: '12:30' },
      { weekday: 1, opens: '13:00', closes: '24:00' },
      { weekday: 5, opens: '22:00', closes: '02:00' },
    ],
    exceptions: [{ date: '2027-12-25', periods: [] }],
  }

  it('200 with the hours, which the location then shows', async () => {
    const { id } = await buildLocation(app)
    const answer = await app.request('PUT', `/v1/locations/${id}/opening-hours`, { body: hours })
    expect([answer.status, answer.body]).toEqual([200, hours])
    expect((await app.request('GET', `/v1/locations/${id}`)).body.openingHours).toEqual(hours)
    expect((await app.listEvents(id)).at(-1)).toMatchObject({ type: 'workspace.location-updated.v1', data: { version: 2, openingHours: hours } })
  })

  it('400 with a pointer to each overlap, false time and false date', async () => {
    const { id } = await buildLocation(app)
    const overlapping = {
      weekly: [hours.weekly[0], { weekday: 1, opens: '12:00', closes: '14:00' }],
      exceptions: [
        { date: '2027-01-05', periods: [] },
        { date: '2027-01-05', periods: [] },
      ],
    }
    expect(pointersOf(await app.request('PUT', `/v1/locations/${id}/opening-hours`, { body: overlapping }))).toEqual(['/exceptions/1/date', '/weekly/1'])
    const badly = { weekly: [{ weekday: 8, opens: '25:00', closes: '9' }], exceptions: [{ date: '2027-02-30', periods: [] }] }
    const answer = await app.request('PUT', `/v1/locations/${id}/opening-hours`, { body: badly })
    expect([answer.status, pointersOf(answer)]).toEqual([400, ['/exceptions/0/date', '/weekly/0/closes', '/weekly/0/opens', '/weekly/0/weekday']])
  })

  it('403 for a member, 404 for an unknown location', async () => {
    expect((await app.request('PUT', `/v1/locations/${unknownId}/opening-hours`, { body: hours, roles: ['member'] })).status).toBe(403)
    expect((await app.request('PUT', `/v1/locations/${unknownId}/opening-hours`, { body: hours })).status).toBe(404)
  })
})
