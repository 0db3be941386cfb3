import { fileURLToPath } from 'node:url'
import type { ServiceClient } from '@alcove/client'
import { findEventType, operations, retireUnits } from '@alcove/contracts'
import { assertPrismaMatchesDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Schema from 'typebox/schema'
import { createBookingClient } from '../src/clients/booking.ts'
import { buildLocation, buildPolicy, buildPriceBook, buildSpace, buildTestApp, presentAt, type TestApp, unknownId } from './build-test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await buildTestApp()
})
afterAll(() => app.close())

const own = operations.filter(({ service, path }) => service === 'workspace' && path !== '/internal/status')
const urlOf = (path: string) => path.replace(/\{[^}]+\}/g, unknownId)

describe('every operation of workspace', () => {
  it.each(own.map((operation) => [operation.id, operation] as const))('%s is served and asks for a token', async (_id, operation) => {
    const answer = await app.request(operation.method, urlOf(operation.path), { roles: [], body: operation.body ? {} : undefined })
    expect(answer.status).toBe(401)
  })

  it.each(own.filter(({ access }) => access === 'operator').map((operation) => [operation.id, operation] as const))(
    '%s refuses members and team admins and lets operators and admins on',
    async (_id, operation) => {
      const body = operation.body ? {} : undefined
      const status = async (role: 'member' | 'team-admin' | 'operator' | 'admin') =>
        (await app.request(operation.method, urlOf(operation.path), { roles: [role], body })).status
      // An empty body may be malformed; a role is only judged for a request that can be read.
      for (const role of ['member', 'team-admin'] as const) expect([400, 403]).toContain(await status(role))
      for (const role of ['operator', 'admin'] as const) expect([401, 403]).not.toContain(await status(role))
    },
  )

  it.each(own.filter(({ body }) => body).map((operation) => [operation.id, operation] as const))(
    '%s refuses bodies that make no sense',
    async (_id, operation) => {
      const members = Object.keys((operation.body as { properties?: object }).properties ?? {})
      const bodies = [
        null,
        0,
        'text',
        [],
        [[]],
        { id: { $gt: '' } },
        { name: '\u0000', spaceId: '\ud800' },
        Object.fromEntries(members.map((name) => [name, -1e308])),
      ]
      const isInternal = operation.access === 'service'
      const headers = isInternal ? await app.tokens.asService('booking') : {}
      for (const body of bodies) {
        const answer = await app.request(operation.method, urlOf(operation.path), { roles: isInternal ? [] : ['admin'], headers, body })
        expect([answer.status, answer.body.type], JSON.stringify(body)).toEqual([400, '/problems/malformed'])
      }
    },
  )
})

describe('what workspace gives to others', () => {
  it('writes only events that their schemas allow', async () => {
    const { id: locationId } = await buildLocation(app)
    const { id: policyId } = await buildPolicy(app, { cancellation: [{ noticeHours: 1.5, refundPercent: 10 }] })
    const { id: priceBookId } = await buildPriceBook(app, { dayCapMinor: 5 })
    const space = await buildSpace(app, { locationId, policyId, priceBookId, floor: 3, units: 2 })
    await app.request('PUT', `/v1/locations/${locationId}/opening-hours`, {
      body: { weekly: [{ weekday: 1, opens: '08:00', closes: '24:00' }], exceptions: [{ date: '2027-05-01', periods: [] }] },
    })
    const closure = await app.request('POST', '/v1/closures', { body: { locationId, startsAt: presentAt, endsAt: '2027-01-02T00:00:00Z', reason: 'x' } })
    await app.request('DELETE', `/v1/closures/${closure.body.id}`)
    await app.request('PATCH', `/v1/policies/${policyId}`, { body: { gridMinutes: 15 } })
    await app.request('PATCH', `/v1/price-books/${priceBookId}`, { body: { name: 'New' } })
    await app.request('PATCH', `/v1/spaces/${space.id}`, { body: { units: 1 } })
    await app.request('DELETE', `/v1/locations/${locationId}`)
    const { rows } = await app.database.pool.query<{ topic: 'workspace'; type: string; data: unknown }>('SELECT topic, type, data FROM outbox ORDER BY seq')
    const types = new Set(rows.map(({ type }) => type))
    expect(types.size).toBe(13)
    for (const { topic, type, data } of rows) {
      const eventType = findEventType(topic, type)
      expect([type, Schema.Errors(eventType!.data, data)[1]]).toEqual([type, []])
    }
  })

  it('asks booking as the contract says', async () => {
    const calls: unknown[][] = []
    const call = async (...args: unknown[]) => {
      calls.push(args)
      return { status: 200, body: { inUse: true }, headers: {} }
    }
    const booking = createBookingClient({ call } as unknown as Pick<ServiceClient, 'call'>)
    const spaces = [
      { spaceId: unknownId, nextRevision: 2, unitIds: null },
      { spaceId: unknownId, nextRevision: 3, unitIds: [unknownId] },
    ]
    const context = { deadline: { remainingMs: () => 1_000 }, signal: new AbortController().signal, requestId: 'r', traceparent: 't' }
    expect(await booking.retireUnits({ at: new Date('2027-01-01T12:00:00.700Z'), spaces }, context)).toEqual({ inUse: true })
    const [operation, input, options] = calls[0] as [unknown, { body: unknown }, unknown]
    expect([operation, options]).toEqual([retireUnits, context])
    expect(input.body).toEqual({ at: presentAt, spaces })
    expect(Schema.Errors(retireUnits.body, input.body)[1]).toEqual([])
  })
})

describe('the database', () => {
  it('is what the Prisma model says', async () => {
    await assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), app.database.pool)
  })
})
