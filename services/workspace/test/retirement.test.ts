import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settleStaleRetirements } from '../src/domain/retirement.ts'
import { listSweeps } from '../src/jobs/sweeps.ts'
import { buildLocation, buildSpace, buildTestApp, presentAt, type TestApp } from './build-test-app.ts'

let app: TestApp
let locationId: string
beforeAll(async () => {
  app = await buildTestApp()
  locationId = (await buildLocation(app)).id
})
afterAll(() => app.close())

const write = (now: string) => ({ now: new Date(now), actorId: null, requestId: null, traceparent: null })
/** What a process killed between its question and its answer leaves behind. */
const leaveBehind = (spaceId: string, nextRevision: number) =>
  app.database.pool.query('INSERT INTO retirement (space_id, id, next_revision, started_at) VALUES ($1, $2, $3, $4)', [
    spaceId,
    newId(),
    nextRevision,
    presentAt,
  ])
const count = async () => (await app.database.pool.query('SELECT count(*)::int AS count FROM retirement')).rows[0].count

describe('a change that was killed after it asked booking', () => {
  it('is settled by the sweep: the space gets the revision that booking may ask for, unchanged otherwise', async () => {
    const space = await buildSpace(app, { locationId, units: 2 })
    await leaveBehind(space.id, 2)
    await settleStaleRetirements(app.deps, write('2027-01-01T12:00:20Z'))
    expect(await count()).toBe(1)
    await settleStaleRetirements(app.deps, write('2027-01-01T12:00:31Z'))
    expect(await count()).toBe(0)
    expect((await app.listEvents(space.id)).at(-1)).toMatchObject({ type: 'workspace.space-updated.v1', data: { version: 2, revision: 2, units: [{}, {}] } })
    await settleStaleRetirements(app.deps, write('2027-01-01T12:01:00Z'))
    expect(await app.listEvents(space.id)).toHaveLength(2)
  })

  it('is settled by the next change of the space, which then goes on from there', async () => {
    const space = await buildSpace(app, { locationId })
    await leaveBehind(space.id, 2)
    expect((await app.request('PATCH', `/v1/spaces/${space.id}`, { body: { bufferAfterMinutes: 5 } })).status).toBe(409)
    app.clock.set('2027-01-01T12:01:00Z')
    expect((await app.request('PATCH', `/v1/spaces/${space.id}`, { body: { bufferAfterMinutes: 5 } })).status).toBe(200)
    app.clock.set(presentAt)
    expect((await app.listEvents(space.id)).map(({ data }) => [data.version, data.revision])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    expect(await count()).toBe(0)
  })

  it('does not take effect when it comes back after it was settled', async () => {
    const space = await buildSpace(app, { locationId, units: 2 })
    app.booking.meanwhile = async () => settleStaleRetirements(app.deps, write('2027-01-01T12:01:00Z'))
    for (const answer of [
      await app.request('PATCH', `/v1/spaces/${space.id}`, { body: { units: 1 } }),
      await app.request('DELETE', `/v1/spaces/${space.id}`),
      await app.request('DELETE', `/v1/locations/${locationId}`),
    ]) {
      expect(answer.status).toBe(409)
    }
    app.booking.meanwhile = undefined
    expect((await app.request('GET', `/v1/spaces/${space.id}`)).body.units).toBe(2)
  })
})

describe('sweeps', () => {
  it('forget idempotency keys after a day, and run without anything to do', async () => {
    const { pool } = app.database
    await app.request('POST', '/v1/policies', { body: {}, headers: { 'idempotency-key': 'old' } })
    const keys = async () => (await pool.query('SELECT count(*)::int AS count FROM idempotency')).rows[0].count
    const run = async () => {
      for (const sweep of listSweeps({ ...app.deps, pool, clock: app.clock })) await sweep.run(new AbortController().signal)
    }
    await run()
    expect(await keys()).toBe(1)
    app.clock.set('2027-01-02T12:00:01Z')
    await run()
    app.clock.set(presentAt)
    expect(await keys()).toBe(0)
  })
})
