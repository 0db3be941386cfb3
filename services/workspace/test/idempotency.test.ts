import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildLocation, buildTestApp, type TestApp } from './build-test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await buildTestApp()
})
afterAll(() => app.close())

const key = (value: string) => ({ 'idempotency-key': value })
const body = { name: 'Loop', timeZone: 'America/Chicago', currency: 'USD' }
const userId = '01890000-0000-7000-8000-0000000000bb'

describe('Idempotency-Key on a creating POST', () => {
  it('gives one resource for ten requests at once, and every answer is that one', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.request('POST', '/v1/locations', { body, userId, headers: key('ten') })))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    const { rows } = await app.database.pool.query('SELECT count(*)::int AS count FROM outbox WHERE key = $1', [answers[0]!.body.id])
    expect(rows[0].count).toBe(1)
  })

  it('answers a repeat with the resource as it is now, also when it is archived, and takes members in any order', async () => {
    const first = await app.request('POST', '/v1/locations', { body, userId, headers: key('later') })
    await app.request('PATCH', `/v1/locations/${first.body.id}`, { body: { name: 'Renamed' } })
    await app.request('DELETE', `/v1/locations/${first.body.id}`)
    const repeat = await app.request('POST', '/v1/locations', {
      body: { currency: 'USD', timeZone: 'America/Chicago', name: 'Loop' },
      userId,
      headers: key('later'),
    })
    expect([repeat.status, repeat.body.id, repeat.body.name]).toEqual([201, first.body.id, 'Renamed'])
  })

  it('422 for another body; another person, path or day is another key', async () => {
    const first = await app.request('POST', '/v1/locations', { body, userId, headers: key('own') })
    const other = await app.request('POST', '/v1/locations', { body: { ...body, name: 'Other' }, userId, headers: key('own') })
    expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency-key-reused'])
    expect((await app.request('POST', '/v1/locations', { body, headers: key('own') })).body.id).not.toBe(first.body.id)
    expect((await app.request('POST', '/v1/policies', { body: {}, userId, headers: key('own') })).status).toBe(201)
    app.clock.set(new Date('2027-01-02T12:00:01Z'))
    const nextDay = await app.request('POST', '/v1/locations', { body, userId, headers: key('own') })
    app.clock.set(new Date('2027-01-01T12:00:00Z'))
    expect([nextDay.status, nextDay.body.id === first.body.id]).toEqual([201, false])
  })

  it('does not remember a failure', async () => {
    const space = { locationId: '01890000-0000-7000-8000-00000000dead', name: 'Desk', kind: 'desk' }
    expect((await app.request('POST', '/v1/spaces', { body: space, userId, headers: key('fails') })).status).toBe(404)
    const { id: locationId } = await buildLocation(app)
    expect((await app.request('POST', '/v1/spaces', { body: { ...space, locationId }, userId, headers: key('fails') })).status).toBe(201)
  })

  it('400 for a key that is none', async () => {
    expect((await app.request('POST', '/v1/locations', { body, userId, headers: key('x'.repeat(300)) })).status).toBe(400)
  })
})
