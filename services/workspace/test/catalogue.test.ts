import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCatalogue, trustedMs } from '../src/db/catalogue.ts'
import { quoteSpace } from '../src/domain/quote-space.ts'
import { buildLocation, buildSpace, buildTestApp, presentAt, type TestApp, unknownId } from './build-test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await buildTestApp()
})
afterAll(() => app.close())

/** Another replica on the same database, with its own memory and a real clock that the test moves. */
function buildReplica() {
  const time = { ms: 0, statements: 0 }
  const pool = new Proxy(app.database.pool, {
    get(target, name) {
      if (name === 'query') time.statements += 1
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const catalogue = createCatalogue({ pool, clock: app.clock, monotonicMs: () => time.ms })
  return { catalogue, time }
}

const interval = { startsAt: '2027-01-04T10:00:00Z', endsAt: '2027-01-04T12:00:00Z', at: presentAt, planId: null, teamIds: [] }

describe('the catalogue of another replica', () => {
  it('answers from memory and shows a closure made elsewhere once its trust has run out', async () => {
    const { id: locationId } = await buildLocation(app)
    const { id: spaceId } = await buildSpace(app, { locationId })
    const { catalogue, time } = buildReplica()
    const codes = async () => (await quoteSpace({ catalogue }, { spaceId, ...interval })).brokenRules.map(({ code }) => code)
    expect(await codes()).toEqual([])
    const { statements } = time
    for (let i = 0; i < 20; i++) expect(await codes()).toEqual([])
    expect(time.statements).toBe(statements)

    await app.request('POST', '/v1/closures', { body: { locationId, startsAt: interval.startsAt, endsAt: interval.endsAt, reason: 'x' } })
    time.ms += trustedMs
    expect(await codes()).toEqual(['closed'])
  })

  it('asks one question for many callers, and keeps what it has read while nothing was written', async () => {
    const { id: locationId } = await buildLocation(app)
    const { id: spaceId } = await buildSpace(app, { locationId })
    const { catalogue, time } = buildReplica()
    const before = await catalogue.findLocationOfSpace(spaceId)
    time.ms += trustedMs
    const { statements } = time
    const found = await Promise.all(Array.from({ length: 50 }, () => catalogue.findLocationOfSpace(spaceId)))
    expect(time.statements - statements).toBe(1)
    expect(found.every((location) => location === before)).toBe(true)
  })

  it('reads anew for a caller that knows of a newer revision', async () => {
    const { id: locationId } = await buildLocation(app)
    const { id: spaceId } = await buildSpace(app, { locationId })
    const { catalogue } = buildReplica()
    const revision = async (revisionMin?: number) => (await quoteSpace({ catalogue }, { spaceId, ...interval, revisionMin })).space.revision
    expect(await revision()).toBe(1)
    await app.request('PATCH', `/v1/spaces/${spaceId}`, { body: { bufferAfterMinutes: 5 } })
    expect(await revision()).toBe(1)
    expect(await revision(2)).toBe(2)
    expect(await revision()).toBe(2)
  })

  it('finds nothing for ids that nobody has and remembers none of them', async () => {
    const { catalogue } = buildReplica()
    expect(await catalogue.findLocation(unknownId)).toBeUndefined()
    expect(await catalogue.findLocationOfSpace(unknownId)).toBeUndefined()
  })

  it('recovers from a database that was away', async () => {
    const { id: locationId } = await buildLocation(app)
    let isAway = true
    const pool = {
      query: (...args: unknown[]) => (isAway ? Promise.reject(new Error('away')) : Reflect.apply(app.database.pool.query, app.database.pool, args)),
    }
    const catalogue = createCatalogue({ pool: pool as never, clock: app.clock })
    await expect(catalogue.findLocation(locationId)).rejects.toThrow('away')
    await expect(catalogue.listLocationIds()).rejects.toThrow('away')
    isAway = false
    expect(await catalogue.findLocation(locationId)).toMatchObject({ id: locationId })
    expect(await catalogue.listLocationIds()).toContain(locationId)
  })
})
