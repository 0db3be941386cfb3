import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildBooking, createFixture, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await createFixture()
})
afterAll(() => fixture.close())

const rebuild = async (caller: 'admin' | 'gateway', headers: Record<string, string> = {}) =>
  fixture.app.inject({ method: 'POST', url: '/internal/rebuild', headers: { ...(await fixture.context.tokens.asService(caller)), ...headers } })
const versions = async () => (await fixture.database.pool.query('SELECT version FROM booking')).rows

describe('POST /internal/rebuild', () => {
  it('200 with the number of events: read models are what the raw events say', async () => {
    await fixture.feed(buildBooking({ version: 3 }))
    await fixture.database.pool.query('UPDATE booking SET version = 9')
    const answer = await rebuild('admin')
    expect([answer.statusCode, answer.json()]).toEqual([200, { events: 1 }])
    expect(await versions()).toEqual([{ version: 3 }])
  })

  it('202 when it takes longer than the request may, and goes on; asking again waits for the same one', async () => {
    await fixture.database.pool.query('UPDATE booking SET version = 9')
    const blocker = await fixture.database.pool.connect()
    try {
      await blocker.query('BEGIN')
      await blocker.query('LOCK TABLE raw_event IN SHARE ROW EXCLUSIVE MODE')
      expect((await rebuild('admin', { 'x-request-deadline-ms': '1200' })).statusCode).toBe(202)
      const waiting = Promise.all([rebuild('admin'), rebuild('admin')])
      await blocker.query('COMMIT')
      expect((await waiting).map((answer) => answer.statusCode)).toEqual([200, 200])
    } finally {
      blocker.release()
    }
    expect(await versions()).toEqual([{ version: 3 }])
  })

  it('401 without a service token, 403 for any service but admin', async () => {
    expect((await fixture.app.inject({ method: 'POST', url: '/internal/rebuild' })).statusCode).toBe(401)
    expect((await rebuild('gateway')).statusCode).toBe(403)
  })
})
