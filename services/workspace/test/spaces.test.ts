import { DependencyError } from '@alcove/kit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildLocation, buildPolicy, buildPriceBook, buildSpace, buildTestApp, pointersOf, type TestApp, unknownId } from './build-test-app.ts'

let app: TestApp
let locationId: string
beforeAll(async () => {
  app = await buildTestApp()
  locationId = (await buildLocation(app)).id
})
beforeEach(() => {
  app.booking.requests.length = 0
  app.booking.inUse.clear()
  app.booking.failure = undefined
  app.booking.meanwhile = undefined
})
afterAll(() => app.close())

const revisionOf = async (id: string) => (await app.listEvents(id)).at(-1)!.data.revision

describe('POST /v1/spaces', () => {
  it('201 with defaults and one unit that bears the name of the space', async () => {
    const answer = await app.request('POST', '/v1/spaces', { body: { locationId, name: 'Desk 1', kind: 'desk' } })
    expect(answer.status).toBe(201)
    expect(answer.headers.location).toBe(`/v1/spaces/${answer.body.id}`)
    expect(answer.body).toEqual({
      id: expect.any(String),
      locationId,
      name: 'Desk 1',
      kind: 'desk',
      capacity: 1,
      units: 1,
      unitList: [{ id: expect.any(String), name: 'Desk 1', status: 'active' }],
      amenities: [],
      bufferBeforeMinutes: 0,
      bufferAfterMinutes: 0,
      status: 'active',
      createdAt: '2027-01-01T12:00:00Z',
      updatedAt: '2027-01-01T12:00:00Z',
    })
  })

  it('201 for every kind with everything given, and an event that carries it', async () => {
    const policyId = (await buildPolicy(app)).id
    const priceBookId = (await buildPriceBook(app)).id
    for (const kind of ['desk', 'room', 'office', 'equipment']) {
      const body = {
        locationId,
        name: 'Pool',
        kind,
        capacity: 4,
        units: 3,
        amenities: ['screen'],
        bufferBeforeMinutes: 5,
        bufferAfterMinutes: 10,
        policyId,
        priceBookId,
        status: 'disabled',
        floor: 2,
      }
      const answer = await app.request('POST', '/v1/spaces', { body })
      expect(answer.status).toBe(201)
      expect(answer.body).toMatchObject(body)
      expect(answer.body.unitList.map(({ name }: { name: string }) => name)).toEqual(['Pool 1', 'Pool 2', 'Pool 3'])
      expect(await app.listEvents(answer.body.id)).toMatchObject([
        {
          type: 'workspace.space-created.v1',
          data: { spaceId: answer.body.id, version: 1, revision: 1, kind, policyId, status: 'disabled', units: [{}, {}, {}] },
        },
      ])
    }
  })

  it('400 with every broken field; members of later releases are unknown', async () => {
    const answer = await app.request('POST', '/v1/spaces', {
      body: { locationId: 'x', kind: 'boat', capacity: 0, units: 1.5, requiresApproval: true, composedOf: [], amenities: ['a', 'a'] },
    })
    expect(answer.status).toBe(400)
    expect(pointersOf(answer)).toEqual(['/amenities', '/capacity', '/composedOf', '/kind', '/locationId', '/name', '/requiresApproval', '/units'])
  })

  it('400 for a price book in another currency, 404 for a location, policy or price book that does not exist', async () => {
    const body = { locationId, name: 'Desk', kind: 'desk' }
    const euros = await buildPriceBook(app, { currency: 'EUR' })
    expect(pointersOf(await app.request('POST', '/v1/spaces', { body: { ...body, priceBookId: euros.id } }))).toEqual(['/priceBookId'])
    for (const member of ['locationId', 'policyId', 'priceBookId']) {
      expect((await app.request('POST', '/v1/spaces', { body: { ...body, [member]: unknownId } })).status).toBe(404)
    }
  })

  it('401 without a token, 403 for a member', async () => {
    const body = { locationId, name: 'Desk', kind: 'desk' }
    expect((await app.request('POST', '/v1/spaces', { body, roles: [] })).status).toBe(401)
    expect((await app.request('POST', '/v1/spaces', { body, roles: ['member'] })).status).toBe(403)
  })
})

describe('GET /v1/spaces', () => {
  it('200 newest first, filtered, for any user', async () => {
    const location = (await buildLocation(app)).id
    const desk = await buildSpace(app, { locationId: location, amenities: ['screen', 'lamp'] })
    const room = await buildSpace(app, { locationId: location, kind: 'room', capacity: 8 })
    const ids = async (query: string) => (await app.request('GET', `/v1/spaces?${query}`, { roles: ['member'] })).body.items.map(({ id }: { id: string }) => id)
    expect(await ids(`locationId=${location}`)).toEqual([room.id, desk.id])
    expect(await ids(`locationId=${location}&kind=desk`)).toEqual([desk.id])
    expect(await ids(`locationId=${location}&capacityMin=2`)).toEqual([room.id])
    expect(await ids(`locationId=${location}&amenity=lamp&amenity=screen`)).toEqual([desk.id])
    expect(await ids(`locationId=${location}&amenity=sauna`)).toEqual([])
    expect((await app.request('GET', `/v1/spaces?locationId=${location}&limit=1`)).body).toMatchObject({
      items: [{ id: room.id }],
      nextCursor: expect.any(String),
    })
  })

  it('400 for a filter that is none', async () => {
    expect((await app.request('GET', '/v1/spaces?kind=boat')).status).toBe(400)
  })
})

describe('PATCH /v1/spaces/{id}', () => {
  it('200; null takes policy, price book and floor away; reading shows what was written', async () => {
    const policyId = (await buildPolicy(app)).id
    const { id } = await buildSpace(app, { locationId, policyId, floor: 'ground' })
    const answer = await app.request('PATCH', `/v1/spaces/${id}`, { body: { name: 'Window desk', capacity: 2, policyId: null, floor: null } })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ name: 'Window desk', capacity: 2, unitList: [{ name: 'Window desk' }] })
    expect(answer.body).not.toHaveProperty('policyId')
    expect(answer.body).not.toHaveProperty('floor')
    expect((await app.request('GET', `/v1/spaces/${id}`, { roles: ['member'] })).body).toEqual(answer.body)
  })

  it('raises the revision for units, buffers and status, and for nothing else', async () => {
    const { id } = await buildSpace(app, { locationId })
    const patch = async (body: object) => {
      expect((await app.request('PATCH', `/v1/spaces/${id}`, { body })).status).toBe(200)
      return revisionOf(id)
    }
    expect(await patch({ name: 'Other', capacity: 9, amenities: ['x'] })).toBe(1)
    expect(await patch({ bufferAfterMinutes: 5 })).toBe(2)
    expect(await patch({ status: 'disabled' })).toBe(3)
    expect(await patch({ units: 2 })).toBe(4)
    expect(await patch({ units: 2 })).toBe(4)
    expect(app.booking.requests).toEqual([])
    expect((await app.listEvents(id)).map(({ data }) => data.version)).toEqual([1, 2, 3, 4, 5])
  })

  it('adds units under the lowest free numbers and keeps the ids of the others', async () => {
    const { id, unitList } = await buildSpace(app, { locationId, name: 'Pod', units: 3 })
    app.booking.inUse.add(unitList[2]!.id)
    const fewer = await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 2 } })
    expect(fewer.body.unitList.map(({ name }: { name: string }) => name)).toEqual(['Pod 1', 'Pod 3'])
    const more = await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 4 } })
    expect(more.body.unitList.map(({ name }: { name: string }) => name)).toEqual(['Pod 1', 'Pod 2', 'Pod 3', 'Pod 4'])
    expect([more.body.unitList[0].id, more.body.unitList[2].id]).toEqual([unitList[0]!.id, unitList[2]!.id])
    expect(more.body.unitList[1].id).not.toBe(unitList[1]!.id)
  })

  it('asks booking about exactly the units that go, together and last, with the next revision', async () => {
    const { id, unitList } = await buildSpace(app, { locationId, units: 4 })
    const [, second, third, fourth] = unitList.map((unit) => unit.id)
    app.booking.inUse.add(third!)
    expect((await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 2, name: 'Renamed' } })).body).toMatchObject({ units: 2, name: 'Renamed' })
    const asked = app.booking.requests.map(({ spaces }) => spaces)
    expect(asked.every(([space, ...rest]) => rest.length === 0 && space!.spaceId === id && space!.nextRevision === 2)).toBe(true)
    expect(asked.at(-1)![0]!.unitIds).toEqual([fourth, second])
    expect(await revisionOf(id)).toBe(2)
  })

  it('409 when too few units are free; nothing changes, and the revision that booking may ask for by then is given', async () => {
    const { id, unitList } = await buildSpace(app, { locationId, units: 3 })
    app.booking.inUse.add(unitList[0]!.id).add(unitList[1]!.id)
    const answer = await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 1, name: 'Never' } })
    expect([answer.status, answer.body.type]).toEqual([409, '/problems/in-use'])
    expect((await app.request('GET', `/v1/spaces/${id}`)).body).toMatchObject({ units: 3, name: 'Desk' })
    expect(await revisionOf(id)).toBe(2)
    expect((await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 2 } })).status).toBe(200)
  })

  it('503 naming booking when it gives no answer; the space stays bookable and changeable', async () => {
    const { id } = await buildSpace(app, { locationId, units: 2 })
    app.booking.failure = new DependencyError('booking', { sent: true, reason: 'timeout' })
    const answer = await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 1 } })
    expect([answer.status, answer.body.dependency, answer.headers['retry-after']]).toEqual([503, 'booking', '5'])
    expect(await revisionOf(id)).toBe(2)
    app.booking.failure = undefined
    expect((await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 1 } })).body.units).toBe(1)
    expect(await revisionOf(id)).toBe(3)
  })

  it('lets changes at once follow one another: every version once, no unit number twice', async () => {
    const { id } = await buildSpace(app, { locationId })
    const bodies = [{ units: 4 }, { units: 6 }, { bufferAfterMinutes: 5 }, { name: 'A' }, { name: 'B' }, { units: 8 }, { status: 'disabled' }, { capacity: 3 }]
    const answers = await Promise.all(bodies.map((body) => app.request('PATCH', `/v1/spaces/${id}`, { body })))
    // A smaller number that comes after a larger one asks booking first, and whoever comes meanwhile waits for nobody.
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
    const events = await app.listEvents(id)
    expect(events.map(({ data }) => data.version)).toEqual(events.map((_, index) => index + 1))
    const { unitList, units } = (await app.request('GET', `/v1/spaces/${id}`)).body
    expect(new Set(unitList.map(({ name }: { name: string }) => name)).size).toBe(units)
    expect(events.at(-1)!.data.units).toHaveLength(units)
  })

  it('409 for another change while booking is being asked', async () => {
    const { id } = await buildSpace(app, { locationId, units: 2 })
    const seen: number[] = []
    app.booking.meanwhile = async () => {
      seen.push((await app.request('PATCH', `/v1/spaces/${id}`, { body: { name: 'Meanwhile' } })).status)
      seen.push((await app.request('DELETE', `/v1/spaces/${id}`)).status)
    }
    expect((await app.request('PATCH', `/v1/spaces/${id}`, { body: { units: 1 } })).status).toBe(200)
    expect(seen).toEqual([409, 409])
  })

  it('400 for a member that cannot change, 404 for an unknown space, 403 for a member', async () => {
    const { id } = await buildSpace(app, { locationId })
    expect(pointersOf(await app.request('PATCH', `/v1/spaces/${id}`, { body: { locationId } }))).toEqual(['/locationId'])
    expect((await app.request('PATCH', `/v1/spaces/${unknownId}`, { body: {} })).status).toBe(404)
    expect((await app.request('PATCH', `/v1/spaces/${id}`, { body: {}, roles: ['member'] })).status).toBe(403)
  })
})

describe('DELETE /v1/spaces/{id}', () => {
  it('204 after booking agreed; then gone from reading, listing and quoting', async () => {
    const { id } = await buildSpace(app, { locationId })
    const answer = await app.request('DELETE', `/v1/spaces/${id}`)
    expect([answer.status, answer.body]).toEqual([204, undefined])
    expect(app.booking.requests.map(({ spaces }) => spaces)).toEqual([[{ spaceId: id, nextRevision: 2, unitIds: null }]])
    expect((await app.request('GET', `/v1/spaces/${id}`)).status).toBe(404)
    expect((await app.request('GET', `/v1/spaces?locationId=${locationId}`)).body.items.some((space: { id: string }) => space.id === id)).toBe(false)
    const quote = { spaceId: id, startsAt: '2027-01-04T10:00:00Z', endsAt: '2027-01-04T11:00:00Z' }
    expect((await app.request('POST', '/v1/quotes', { body: quote })).status).toBe(404)
    expect((await app.request('DELETE', `/v1/spaces/${id}`)).status).toBe(404)
    expect((await app.listEvents(id)).at(-1)).toMatchObject({ type: 'workspace.space-archived.v1', data: { version: 2, revision: 2, status: 'archived' } })
  })

  it('409 with future bookings, and nothing changes', async () => {
    const { id } = await buildSpace(app, { locationId })
    app.booking.inUse.add(id)
    const answer = await app.request('DELETE', `/v1/spaces/${id}`)
    expect([answer.status, answer.body.type]).toEqual([409, '/problems/in-use'])
    expect((await app.request('GET', `/v1/spaces/${id}`)).status).toBe(200)
    expect(await app.listEvents(id)).toHaveLength(1)
    app.booking.inUse.clear()
    expect((await app.request('DELETE', `/v1/spaces/${id}`)).status).toBe(204)
  })

  it('503 when booking is down, 403 for a member, 404 for an unknown space', async () => {
    const { id } = await buildSpace(app, { locationId })
    app.booking.failure = new DependencyError('booking', { sent: false, reason: 'refused' })
    expect((await app.request('DELETE', `/v1/spaces/${id}`)).body).toMatchObject({ status: 503, dependency: 'booking' })
    expect((await app.request('GET', `/v1/spaces/${id}`)).status).toBe(200)
    expect((await app.request('DELETE', `/v1/spaces/${id}`, { roles: ['member'] })).status).toBe(403)
    expect((await app.request('DELETE', `/v1/spaces/${unknownId}`)).status).toBe(404)
  })
})

describe('DELETE /v1/locations/{id}', () => {
  it('204 with every space in it, asked about together', async () => {
    const { id } = await buildLocation(app)
    const spaces = [await buildSpace(app, { locationId: id }), await buildSpace(app, { locationId: id })].map((space) => space.id)
    expect((await app.request('DELETE', `/v1/locations/${id}`)).status).toBe(204)
    expect(app.booking.requests.map((request) => request.spaces.map(({ spaceId }) => spaceId))).toEqual([spaces])
    for (const path of [`/v1/locations/${id}`, ...spaces.map((space) => `/v1/spaces/${space}`)]) expect((await app.request('GET', path)).status).toBe(404)
    expect((await app.listEvents(id)).at(-1)).toMatchObject({ type: 'workspace.location-archived.v1', data: { status: 'archived' } })
    expect((await app.request('POST', '/v1/spaces', { body: { locationId: id, name: 'Late', kind: 'desk' } })).status).toBe(404)
  })

  it('204 for one without spaces, asking nobody', async () => {
    const { id } = await buildLocation(app)
    expect((await app.request('DELETE', `/v1/locations/${id}`)).status).toBe(204)
    expect(app.booking.requests).toEqual([])
  })

  it('409 when one of its spaces has future bookings: none is archived', async () => {
    const { id } = await buildLocation(app)
    const [first, second] = [await buildSpace(app, { locationId: id }), await buildSpace(app, { locationId: id })]
    app.booking.inUse.add(second.id)
    expect((await app.request('DELETE', `/v1/locations/${id}`)).status).toBe(409)
    for (const path of [`/v1/locations/${id}`, `/v1/spaces/${first.id}`]) expect((await app.request('GET', path)).status).toBe(200)
  })

  it('409 when a space was added while booking was being asked', async () => {
    const { id } = await buildLocation(app)
    const first = await buildSpace(app, { locationId: id })
    app.booking.meanwhile = async () => void (await buildSpace(app, { locationId: id }))
    expect((await app.request('DELETE', `/v1/locations/${id}`)).status).toBe(409)
    expect(await revisionOf(first.id)).toBe(2)
    expect((await app.request('PATCH', `/v1/spaces/${first.id}`, { body: { name: 'Free again' } })).status).toBe(200)
  })

  it('403 for a member, 503 when booking is down', async () => {
    const { id } = await buildLocation(app)
    await buildSpace(app, { locationId: id })
    expect((await app.request('DELETE', `/v1/locations/${id}`, { roles: ['member'] })).status).toBe(403)
    app.booking.failure = new DependencyError('booking', { sent: false, reason: 'open' })
    expect((await app.request('DELETE', `/v1/locations/${id}`)).status).toBe(503)
  })
})
