import { DependencyError, newId } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Any, type FakeSpace, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => h.clock.set(monday))
afterAll(() => h.close())

const hour = (day: number) => ({ startsAt: `2026-01-${String(day).padStart(2, '0')}T10:00:00Z`, endsAt: `2026-01-${String(day).padStart(2, '0')}T11:00:00Z` })
const ids = (answer: { body: Any }) => answer.body.items.map(({ id }: Any) => id)

describe('GET /v1/bookings', () => {
  test('200: own, newest first; ascending by start with from; pages without gaps or repeats', async () => {
    const space = h.fakes.addSpace()
    const { send } = await h.as()
    const made: string[] = []
    for (const day of [9, 7, 8, 6, 10]) made.push((await send('POST', '/v1/bookings', { body: buildRequest(space, hour(day)) })).body.id)
    const [d9, d7, d8, d6, d10] = made
    expect(ids(await send('GET', '/v1/bookings'))).toEqual([...made].reverse())
    expect(ids(await send('GET', '/v1/bookings?from=2026-01-07T10:30:00Z&to=2026-01-09T10:00:00Z'))).toEqual([d7, d8])
    for (const [query, expected] of [
      ['limit=2', [...made].reverse()],
      ['limit=2&from=2026-01-01T00:00:00Z', [d6, d7, d8, d9, d10]],
    ] as const) {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Any = await send('GET', `/v1/bookings?${query}${cursor && `&cursor=${cursor}`}`)
        seen.push(...ids(page))
        cursor = page.body.nextCursor
      }
      expect(seen).toEqual(expected)
    }
    expect((await send('GET', '/v1/bookings?cursor=bm9uc2Vuc2U')).status).toBe(400)
    expect((await send('GET', '/v1/bookings?cursor=bm9uc2Vuc2U&from=2026-01-01T00:00:00Z')).status).toBe(400)
    await send('POST', `/v1/bookings/${d9}/cancel`, { body: {} })
    expect(ids(await send('GET', '/v1/bookings?status=cancelled'))).toEqual([d9])
    expect((await send('GET', '/v1/bookings?status=held')).status).toBe(400)
  })

  test('200 for operators: a named person, everybody’s of a space or location, or all; 403 for a member who names another', async () => {
    const space = h.fakes.addSpace({ units: [newId(), newId()] })
    const [ada, bob, operator] = [await h.as(), await h.as(), await h.as(newId(), ['operator'])]
    const [a, b] = [
      await ada.send('POST', '/v1/bookings', { body: buildRequest(space) }),
      await bob.send('POST', '/v1/bookings', { body: buildRequest(space) }),
    ]
    expect(ids(await operator.send('GET', '/v1/bookings'))).toEqual([])
    expect(ids(await operator.send('GET', `/v1/bookings?userId=${ada.userId}`))).toEqual([a!.body.id])
    for (const filter of [`spaceId=${space.id}`, `locationId=${space.locationId}`]) {
      expect(ids(await operator.send('GET', `/v1/bookings?${filter}`))).toEqual([b!.body.id, a!.body.id])
      expect(ids(await ada.send('GET', `/v1/bookings?${filter}`))).toEqual([a!.body.id])
    }
    expect(ids(await operator.send('GET', '/v1/bookings?userId=all&limit=2'))).toEqual([b!.body.id, a!.body.id])
    expect((await ada.send('GET', `/v1/bookings?userId=${bob.userId}`)).status).toBe(403)
    expect((await ada.send('GET', `/v1/bookings?userId=${ada.userId}`)).status).toBe(200)
  })
})

describe('GET /v1/bookings/{id}', () => {
  test('200 for its member and operators, 404 for anybody else; the timeline tells every step, actor and payment', async () => {
    const { send, userId } = await h.as()
    const made = await send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace({ hourMinor: 500 }), card) })
    const path = `/v1/bookings/${made.body.id}`
    expect(await send('GET', path)).toMatchObject({ status: 200, body: made.body, headers: { etag: '"2"' } })
    expect((await (await h.as(newId(), ['operator'])).send('GET', path)).status).toBe(200)
    for (const role of ['member', 'team-admin'] as const) {
      const other = await h.as(newId(), [role])
      for (const url of [path, `${path}/timeline`]) expect((await other.send('GET', url)).status).toBe(404)
    }
    await send('POST', `${path}/cancel`, { body: { reason: 'ill' } })
    const { body } = await send('GET', `${path}/timeline`)
    expect(body.items.map(({ what, actor }: Any) => [what, actor.id])).toEqual([
      ['created', userId],
      ['confirmed', userId],
      ['cancelled', userId],
    ])
    expect(body.items[0]).toMatchObject({ at: '2026-01-05T08:00:00Z', actor: { type: 'user' }, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) })
  })
})

describe('POST /v1/bookings/check', () => {
  test('200: the same rules, conflicts, alternatives and price as creating; writes nothing', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000, creditsPerHour: 2 })
    const { send } = await h.as()
    const check = (wish: Record<string, unknown> = {}) => send('POST', '/v1/bookings/check', { body: buildRequest(space, wish) })
    expect(await check()).toMatchObject({
      status: 200,
      body: { bookable: true, brokenRules: [], conflicts: [], alternatives: [], quote: { total: { amountMinor: 1000, currency: 'EUR' }, credits: 2 } },
    })
    const { rows } = await h.pool.query('SELECT count(*)::integer AS n FROM booking WHERE space_id = $1', [space.id])
    expect(rows[0].n).toBe(0)
    await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space, card) })
    space.brokenRules = [{ code: 'off-grid', detail: 'x' }]
    const { body } = await check()
    expect(body).toMatchObject({
      bookable: false,
      brokenRules: [{ code: 'off-grid' }],
      conflicts: [{ startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-05T11:00:00Z' }],
    })
    expect(body.alternatives).toHaveLength(3)
    expect((await check({ endsAt: '2026-01-05T10:00:00Z' })).body.brokenRules.map(({ code }: Any) => code)).toContain('interval-invalid')
  })

  test('200: a pool is bookable while one unit is free; one’s own hold is in nobody’s way', async () => {
    const space = h.fakes.addSpace({ units: [newId(), newId()] })
    const { send } = await h.as()
    await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space) })
    const hold = await send('POST', '/v1/holds', { body: buildRequest(space) })
    expect((await send('POST', '/v1/bookings/check', { body: buildRequest(space) })).body.bookable).toBe(false)
    expect((await send('POST', '/v1/bookings/check', { body: buildRequest(space, { holdId: hold.body.id }) })).body.bookable).toBe(true)
  })
})

describe('GET /v1/bookings?closureId=', () => {
  const hit = { startsAt: '2026-01-05T10:30:00Z', endsAt: '2026-01-05T12:00:00Z' }
  const list = async (id: string) => (await h.as(newId(), ['operator'])).send('GET', `/v1/bookings?closureId=${id}`)

  test('200: what it hits, before booking has heard of it; 404 for one that nobody has, or that was deleted', async () => {
    const space = h.fakes.addSpace()
    const { body } = await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space) })
    const closure = h.fakes.addClosure(space, hit)
    expect((await list(closure.id)).body.items.map(({ id }: Any) => id)).toEqual([body.id])
    h.fakes.closures.delete(closure.id)
    expect(await list(closure.id)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
    expect((await (await h.as()).send('GET', `/v1/bookings?closureId=${newId()}`)).status).toBe(404)
  })

  test('200 by what booking has heard of while workspace does not answer, 503 where it has heard of none', async () => {
    const space = h.fakes.addSpace()
    const { body } = await (await h.as()).send('POST', '/v1/bookings', { body: buildRequest(space) })
    const id = newId()
    await h.pool.query('INSERT INTO closure (id, version, location_id, starts_at, ends_at) VALUES ($1, 1, $2, $3, $4)', [
      id,
      space.locationId,
      hit.startsAt,
      hit.endsAt,
    ])
    h.fakes.failures.workspace = new DependencyError('workspace', { sent: false, reason: 'timeout' })
    try {
      expect((await list(id)).body.items.map((item: Any) => item.id)).toEqual([body.id])
      expect(await list(newId())).toMatchObject({ status: 503, headers: { 'retry-after': expect.anything() } })
    } finally {
      delete h.fakes.failures.workspace
    }
  })
})

/** The shortest bookings at both ends of a free interval, and one step after its start. */
function listParts({ startsAt, endsAt }: { startsAt: string; endsAt: string }, { gridMinutes = 30, minMinutes = 0 }: FakeSpace['policy']) {
  const [first, end] = [Date.parse(startsAt), Date.parse(endsAt)]
  const shortest = Math.max(minMinutes, gridMinutes) * 60_000
  return [first, first + gridMinutes * 60_000, end - shortest]
    .filter((start) => start >= first && start + shortest <= end)
    .map((start) => ({ startsAt: new Date(start).toISOString(), endsAt: new Date(start + shortest).toISOString() }))
}

describe('GET /v1/availability', () => {
  const day = 'from=2026-01-06T00:00:00Z&to=2026-01-07T00:00:00Z'
  const free = async (query: string) => (await (await h.as()).send('GET', `/v1/availability?${query}`)).body.items

  test('200: free time after claims and buffers; units of a pool may overlap; overdue holds block nobody', async () => {
    const space = h.fakes.addSpace({ units: [newId(), newId()], bufferAfter: 30 })
    const { send } = await h.as()
    const book = (path: string, from: string, to: string) =>
      send('POST', path, { body: { spaceId: space.id, startsAt: `2026-01-06T${from}:00Z`, endsAt: `2026-01-06T${to}:00Z` } })
    await book('/v1/bookings', '10:00', '11:00')
    await book('/v1/holds', '10:30', '12:00')
    expect(await free(`${day}&spaceId=${space.id}`)).toEqual([
      {
        spaceId: space.id,
        free: [
          { startsAt: '2026-01-06T00:00:00Z', endsAt: '2026-01-06T10:00:00Z', unitsFree: 1 },
          { startsAt: '2026-01-06T00:00:00Z', endsAt: '2026-01-06T09:30:00Z', unitsFree: 2 },
          { startsAt: '2026-01-06T11:30:00Z', endsAt: '2026-01-07T00:00:00Z', unitsFree: 1 },
          { startsAt: '2026-01-06T12:30:00Z', endsAt: '2026-01-07T00:00:00Z', unitsFree: 2 },
        ].sort((a, b) => (a.startsAt === b.startsAt ? b.endsAt.localeCompare(a.endsAt) : a.startsAt.localeCompare(b.startsAt))),
      },
    ])
    h.clock.advance({ minutes: 10 })
    expect((await free(`${day}&spaceId=${space.id}`))[0].free.at(0)).toMatchObject({ endsAt: '2026-01-07T00:00:00Z', unitsFree: 1 })
  })

  test('200: a whole location with many units gives what its spaces give one by one', async () => {
    const locationId = newId()
    const spaces = Array.from({ length: 12 }, (_, index) =>
      h.fakes.addSpace({ locationId, units: Array.from({ length: 5 }, () => newId()), bufferBefore: index }),
    )
    const { send } = await h.as()
    for (const [index, space] of spaces.entries()) {
      // Short, day-long and longer claims, some reaching in from the days before.
      const lengths = [1, 6, 30, 75]
      const startsAt = new Date(Date.UTC(2026, 0, 6, index * 2) - (index % 3) * 20 * 3_600_000)
      const endsAt = new Date(startsAt.getTime() + lengths[index % 4]! * 3_600_000)
      expect(
        (await send('POST', '/v1/bookings', { body: buildRequest(space, { startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString() }) })).status,
      ).toBe(201)
    }
    const whole = await free(`${day}&locationId=${locationId}`)
    expect(whole).toHaveLength(12)
    for (const space of spaces) expect(whole.find(({ spaceId }: Any) => spaceId === space.id)).toEqual((await free(`${day}&spaceId=${space.id}`))[0])
    const paged = await (await h.as()).send('GET', `/v1/availability?${day}&locationId=${locationId}&limit=5`)
    expect(paged.body.items).toEqual(whole.slice(0, 5))
    expect(await free(`${day}&locationId=${locationId}&limit=100&cursor=${paged.body.nextCursor}`)).toEqual(whole.slice(5))
  })

  test('200: nothing in the past, before the lead time or beyond the advance window, for each space by its own policy', async () => {
    const locationId = newId()
    const plain = h.fakes.addSpace({ locationId })
    const strict = h.fakes.addSpace({ locationId, policy: { leadMinutes: 100, advanceDays: 1, gridMinutes: 15 } })
    h.clock.set('2026-01-05T08:07:00Z')
    const found = await free(`from=2026-01-04T00:00:00Z&to=2026-01-08T00:00:00Z&locationId=${locationId}`)
    const of = ({ id }: { id: string }) => found.find(({ spaceId }: Any) => spaceId === id).free
    expect(of(plain)).toEqual([{ startsAt: '2026-01-05T08:30:00Z', endsAt: '2026-01-08T00:00:00Z', unitsFree: 1 }])
    expect(of(strict)).toEqual([{ startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-06T08:00:00Z', unitsFree: 1 }])
    expect((await free(`from=2026-01-04T00:00:00Z&to=2026-01-05T08:00:00Z&spaceId=${plain.id}`))[0].free).toEqual([])
  })

  test('200: whatever is offered can be booked, at any length and place on the grid, as the check says', async () => {
    const { send } = await h.as()
    const policies = [
      {},
      { leadMinutes: 95, gridMinutes: 30, minMinutes: 60 },
      { leadMinutes: 2 * 1440, advanceDays: 3, gridMinutes: 15 },
      { advanceDays: 0, gridMinutes: 60 },
      { advanceDays: 2, minMinutes: 90, maxMinutes: 480 },
    ]
    let checked = 0
    const tryAll = async (at: string, policy: FakeSpace['policy']) => {
      const space = h.fakes.addSpace({ judges: true, policy })
      const from = new Date(Date.parse(at) - 86_400_000).toISOString()
      const to = new Date(Date.parse(at) + 5 * 86_400_000).toISOString()
      const [{ free: offered }] = await free(`from=${from}&to=${to}&spaceId=${space.id}`)
      for (const wish of offered.flatMap((whole: Any) => listParts(whole, policy))) {
        const { body } = await send('POST', '/v1/bookings/check', { body: buildRequest(space, wish) })
        expect(body.brokenRules, JSON.stringify({ at, policy, wish })).toEqual([])
        checked++
      }
    }
    for (const at of ['2026-01-05T08:00:00Z', '2026-01-05T08:59:59.900Z', '2026-03-28T22:17:31Z']) {
      h.clock.set(at)
      for (const policy of policies) await tryAll(at, policy)
    }
    expect(checked).toBeGreaterThan(20)
  })

  test('alternatives follow the policy of the space they are in, not that of the one asked for', async () => {
    const locationId = newId()
    const asked = h.fakes.addSpace({ locationId, judges: true })
    const slow = h.fakes.addSpace({ locationId, judges: true, policy: { leadMinutes: 600, gridMinutes: 60, minMinutes: 60 } })
    const far = h.fakes.addSpace({ locationId, judges: true, policy: { advanceDays: 0, maxMinutes: 60, gridMinutes: 30 } })
    const { send } = await h.as()
    await send('POST', '/v1/bookings', { body: buildRequest(asked, { startsAt: '2026-01-05T08:00:00Z', endsAt: '2026-01-05T22:50:00Z' }) })
    for (const wish of [{}, { endsAt: '2026-01-05T12:00:00Z' }]) {
      const { body } = await send('POST', '/v1/bookings/check', { body: buildRequest(asked, wish) })
      for (const alternative of body.alternatives) {
        expect([slow.id, far.id]).toContain(alternative.spaceId)
        expect((await send('POST', '/v1/bookings/check', { body: alternative })).body.brokenRules, JSON.stringify(alternative)).toEqual([])
      }
    }
  })

  test('200: days of 23 and 25 hours have as many', async () => {
    h.clock.set('2026-03-20T08:00:00Z')
    const space = h.fakes.addSpace()
    const length = async (from: string, to: string) => {
      const [slot] = (await free(`from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}&spaceId=${space.id}`))[0].free
      return (Date.parse(slot.endsAt) - Date.parse(slot.startsAt)) / 3_600_000
    }
    expect(await length('2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00')).toBe(23)
    expect(await length('2026-10-25T00:00:00+02:00', '2026-10-26T00:00:00+01:00')).toBe(25)
    const { send } = await h.as()
    const night = { startsAt: '2026-03-29T01:30:00+01:00', endsAt: '2026-03-29T03:30:00+02:00' }
    const { body } = await send('POST', '/v1/bookings', { body: buildRequest(space, night) })
    expect(Date.parse(body.endsAt) - Date.parse(body.startsAt)).toBe(3_600_000)
  })

  test('400: all that is wrong with the range at once', async () => {
    const { send } = await h.as()
    const pointers = async (query: string) => {
      const { status, body } = await send('GET', `/v1/availability?${query}`)
      return [status, ...body.errors.map(({ pointer }: Any) => pointer)]
    }
    expect(await pointers('from=2026-01-07T00:00:00Z&to=2026-01-07T00:00:00Z')).toEqual([400, '/to', '/locationId'])
    expect(await pointers(`from=2026-01-07T00:00:00Z&to=2026-01-06T00:00:00Z`)).toEqual([400, '/to'])
    expect(await pointers(`from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z&locationId=${newId()}`)).toEqual([400, '/to'])
    expect(await pointers(`${day}&spaceId=x&nonsense=1`)).toEqual([400, '/nonsense', '/spaceId/0'])
  })
})
