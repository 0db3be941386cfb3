import { bookingConfirmed } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createFixture, createTestApp, type Fixture } from './fixture.ts'

let fixture: Fixture
let app: FastifyInstance
const { userId } = bookingConfirmed.example
beforeAll(async () => {
  fixture = await createFixture()
  app = createTestApp(fixture)
})
beforeEach(() => fixture.reset())
afterAll(async () => {
  await app.close()
  await fixture.close()
})

async function fill(count: number, owner = userId): Promise<void> {
  for (let index = 0; index < count; index++) await fixture.deliver(bookingConfirmed, { ...bookingConfirmed.example, bookingId: newId(), userId: owner })
  await fixture.sendAll()
}
const as = (owner: string) => fixture.context.tokens.as(['member'], owner)
async function list(query = '', owner = userId) {
  const answer = await app.inject({ url: `/v1/notifications${query}`, headers: await as(owner) })
  return { status: answer.statusCode, body: answer.json() }
}

describe('GET /v1/notifications', () => {
  test('200: own items only, as the public API describes them', async () => {
    await fill(1)
    await fill(1, newId())
    const { status, body } = await list()
    expect(status).toBe(200)
    expect(body).toEqual({
      items: [
        {
          id: expect.any(String),
          kind: 'booking-confirmed',
          title: 'Booking ALC-7Q2M4K confirmed: Mon 5 Jan, 09:00',
          body: expect.stringContaining('Window desks (Desk 4), Harbour'),
          bookingId: expect.any(String),
          createdAt: '2026-01-04T09:00:00Z',
        },
      ],
      nextCursor: null,
    })
  })

  test('200: pages newest first, each item once', async () => {
    await fill(5)
    const first = (await list('?limit=2')).body
    const second = (await list(`?limit=2&cursor=${first.nextCursor}`)).body
    const third = (await list(`?limit=2&cursor=${second.nextCursor}`)).body
    const ids = [...first.items, ...second.items, ...third.items].map((item: { id: string }) => item.id)
    expect(new Set(ids).size).toBe(5)
    expect(third.nextCursor).toBeNull()
    expect((await list()).body.items.map((item: { id: string }) => item.id)).toEqual(ids)
  })

  test('200: unread or read only', async () => {
    await fill(2)
    const [item] = (await list()).body.items
    await app.inject({ method: 'POST', url: `/v1/notifications/${item.id}/read`, headers: await as(userId) })
    expect((await list('?unread=true')).body.items).toHaveLength(1)
    expect((await list('?unread=false')).body.items.map((read: { id: string }) => read.id)).toEqual([item.id])
  })

  test('400: every broken parameter at once', async () => {
    const { status, body } = await list('?limit=0&unread=perhaps&colour=red')
    expect(status).toBe(400)
    expect(body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual(['/colour', '/limit', '/unread'])
  })

  test('400: a cursor that was never given out', async () => {
    for (const cursor of ['x', 'czk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ', 'czE%3D', 'cy0x']) expect((await list(`?cursor=${cursor}`)).status).toBe(400)
  })

  test('401 without a token and for one of another audience', async () => {
    expect((await app.inject({ url: '/v1/notifications' })).statusCode).toBe(401)
    const token = await fixture.context.tokens.userToken({ audience: 'other' })
    expect((await app.inject({ url: '/v1/notifications', headers: { authorization: `Bearer ${token}` } })).statusCode).toBe(401)
  })

  test.each([['member'], ['team-admin'], ['operator'], ['admin']] as const)('%s sees nothing of another’s', async (role) => {
    await fill(1)
    const answer = await app.inject({ url: '/v1/notifications', headers: await fixture.context.tokens.as([role]) })
    expect(answer.json().items).toEqual([])
  })
})

describe('POST /v1/notifications/{id}/read', () => {
  test('200: read once, again with the first time', async () => {
    await fill(1)
    const [item] = (await list()).body.items
    const read = async () => (await app.inject({ method: 'POST', url: `/v1/notifications/${item.id}/read`, headers: await as(userId) })).json()
    expect(await read()).toEqual({ ...item, readAt: '2026-01-04T09:00:00Z' })
    fixture.context.clock.advance({ hours: 1 })
    expect((await read()).readAt).toBe('2026-01-04T09:00:00Z')
  })

  test('400: an id that is none', async () => {
    const answer = await app.inject({ method: 'POST', url: '/v1/notifications/1/read', headers: await as(userId) })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors[0].pointer).toBe('/id')
  })

  test('401 without a token', async () => {
    expect((await app.inject({ method: 'POST', url: `/v1/notifications/${newId()}/read` })).statusCode).toBe(401)
  })

  test.each([['member'], ['team-admin'], ['operator'], ['admin']] as const)('404: %s reads another’s, which stays unread', async (role) => {
    await fill(1)
    const [item] = (await list()).body.items
    const answer = await app.inject({ method: 'POST', url: `/v1/notifications/${item.id}/read`, headers: await fixture.context.tokens.as([role]) })
    expect(answer.statusCode).toBe(404)
    expect((await list()).body.items[0]).not.toHaveProperty('readAt')
  })

  test('404: an item that is not there', async () => {
    const answer = await app.inject({ method: 'POST', url: `/v1/notifications/${newId()}/read`, headers: await as(userId) })
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ type: '/problems/not-found', status: 404 })
  })
})
