import { bookingCancelled, bookingConfirmed } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { assertPrismaMatchesDatabase, buildEvent, deliver, deliverMessage } from '@alcove/testing'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onBookingEvent } from '../src/consumers/on-booking-event.ts'
import { buildRequest } from './harness.ts'
import { startRoutes, type Routes } from './routes.ts'

let routes: Routes
beforeAll(async () => {
  routes = await startRoutes()
})
afterAll(() => routes.stop())

const toBody = (request: ReturnType<typeof buildRequest>) => ({ ...request, attemptId: undefined })

describe('PUT and GET /internal/attempts/{id}', () => {
  it('200 authorizes once and tells again what became of it', async () => {
    const request = buildRequest()
    const put = await routes.callAs('booking', 'PUT', `/internal/attempts/${request.attemptId}`, toBody(request))
    expect(put).toMatchObject({ status: 200, body: { attemptId: request.attemptId, status: 'authorized', reasonCode: null, nextAction: null } })
    expect((await routes.callAs('booking', 'PUT', `/internal/attempts/${request.attemptId}`, toBody(request))).body).toEqual(put.body)
    expect((await routes.callAs('booking', 'GET', `/internal/attempts/${request.attemptId}`)).body).toEqual(put.body)
  })

  it('400 when there is nothing to pay or a card has no token', async () => {
    const card = await routes.callAs('booking', 'PUT', `/internal/attempts/${newId()}`, toBody(buildRequest({ token: undefined, amountMinor: 0 })))
    expect(card.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/token', '/amountMinor'])
    const credits = await routes.callAs('booking', 'PUT', `/internal/attempts/${newId()}`, toBody(buildRequest({ method: 'credits', amountCredits: 0 })))
    expect(credits.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/amountCredits'])
  })

  it('401 for people, 403 for a service that the graph does not let call, 404 for an unseen attempt', async () => {
    const url = `/internal/attempts/${newId()}`
    expect((await routes.call('admin', 'GET', url)).status).toBe(401)
    expect((await routes.callAs('notification', 'GET', url)).status).toBe(403)
    expect((await routes.callAs('booking', 'GET', url)).status).toBe(404)
  })
})

describe('DELETE /internal/attempts/{id}', () => {
  it('204 again and again, and a late authorize is refused', async () => {
    const request = buildRequest()
    for (let i = 0; i < 2; i += 1) expect((await routes.callAs('booking', 'DELETE', `/internal/attempts/${request.attemptId}`)).status).toBe(204)
    const late = await routes.callAs('booking', 'PUT', `/internal/attempts/${request.attemptId}`, toBody(request))
    expect(late.body).toMatchObject({ status: 'refused', reasonCode: 'voided' })
    expect(routes.woken.worker).toBeGreaterThan(0)
  })

  it('401 for people, 403 for another service', async () => {
    const url = `/internal/attempts/${newId()}`
    expect((await routes.call('admin', 'DELETE', url)).status).toBe(401)
    expect((await routes.callAs('notification', 'DELETE', url)).status).toBe(403)
  })
})

describe('booking events', () => {
  type Ids = { bookingId: string; attemptId: string }

  it('are stored as targets once, however often they come, and never go back', async () => {
    let wakes = 0
    const handlers = [onBookingEvent({ reach: () => undefined, realNow: routes.realNow, wakeWorker: () => (wakes += 1) })]
    const options = { pool: routes.pool, handlers, clock: routes.clock }
    await deliver(options, bookingCancelled)
    await deliver(options, bookingConfirmed)
    const { rows } = await routes.pool.query('SELECT booking_version, keep_minor FROM target WHERE booking_id = $1', [bookingCancelled.example.bookingId])
    expect(rows).toEqual([{ booking_version: bookingCancelled.example.version, keep_minor: '0' }])
    expect(wakes).toBe(1)
  })

  it('are stored together when they come at once, each as it would be alone', async () => {
    let wakes = 0
    const handlers = [onBookingEvent({ reach: () => undefined, realNow: routes.realNow, wakeWorker: () => (wakes += 1) })]
    const wish = (version: number, keepMinor: number | null, ids: Ids) => {
      const attempts = bookingConfirmed.example.attempts.map((attempt) => ({ ...attempt, attemptId: ids.attemptId, keepMinor }))
      return buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId: ids.bookingId, version, attempts })
    }
    const [one, two] = [0, 1].map(() => ({ bookingId: newId(), attemptId: newId() })) as [Ids, Ids]
    const free = buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId: newId(), attempts: [] })
    const batch = [wish(1, null, one), free, wish(1, 700, two), wish(3, 0, one), wish(2, 300, one)]
    await deliverMessage({ pool: routes.pool, handlers, clock: routes.clock }, 'booking', ...batch, ...batch)
    const { rows } = await routes.pool.query('SELECT booking_id, booking_version, keep_minor FROM target WHERE booking_id = ANY ($1)', [
      [one.bookingId, two.bookingId],
    ])
    expect(rows).toEqual(
      expect.arrayContaining([
        { booking_id: one.bookingId, booking_version: 3, keep_minor: '0' },
        { booking_id: two.bookingId, booking_version: 1, keep_minor: '700' },
      ]),
    )
    expect(rows).toHaveLength(2)
    // Neither the one that decides nothing, nor the one without attempts, nor the older one.
    expect(wakes).toBe(2)
  })
})

it('the Prisma models are the migrated tables', async () => {
  await assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), routes.pool)
})
