import { DependencyError } from '@alcove/client'
import { bookingConfirmed, bookingCreated } from '@alcove/contracts'
import { compileBody, newId } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness({ poolMax: 20, authorizeWaitMs: 2000 })
})
afterEach(() => {
  h.fakes.payment.behave('authorize')
  h.fakes.payment.setReachable(true)
  h.fakes.failures.user = undefined
  h.fakes.failures.workspace = undefined
})
afterAll(() => h.close())

const bookings = async () => Number((await h.pool.query('SELECT count(*) AS n FROM booking')).rows[0]!.n)

describe('POST /v1/bookings', () => {
  test('201: a free booking is created and confirmed in one call, versions 1 and 2, with events the schema accepts', async () => {
    const space = h.fakes.addSpace()
    const { send, userId } = await h.as()
    const { status, body, headers } = await send('POST', '/v1/bookings', {
      body: buildRequest(space, { title: 'Plan', attendees: [{ email: 'a@b.example' }] }),
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'confirmed',
      version: 2,
      userId,
      startsAt: '2026-01-05T10:00:00Z',
      title: 'Plan',
      payment: { method: 'none', status: 'none' },
    })
    expect(body.reference).toMatch(/^ALC-[0-9A-HJKMNP-TV-Z]{6}$/)
    expect(headers).toMatchObject({ etag: '"2"', location: `/v1/bookings/${body.id}` })
    const events = await h.events(body.id)
    expect(events.map(({ type, data }) => [type, data.version])).toEqual([
      [bookingCreated.type, 1],
      [bookingConfirmed.type, 2],
    ])
    const validate = compileBody(bookingConfirmed.data)
    for (const { data } of events) expect(validate(data) || validate.errors).toBe(true)
    expect(JSON.stringify(events)).not.toContain('Plan')
    expect(JSON.stringify(events)).not.toContain('a@b.example')
  })

  test('201: a priced one is authorized, then confirmed; the event says to keep the money; the token is gone', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1250 })
    const { send } = await h.as()
    const { status, body } = await send('POST', '/v1/bookings', { body: buildRequest(space, card) })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'confirmed',
      version: 2,
      payment: { method: 'card', status: 'authorized' },
      price: { total: { amountMinor: 1250, currency: 'EUR' } },
    })
    const [created, confirmed] = await h.events(body.id)
    expect(created!.data.attempts).toMatchObject([{ amountMinor: 1250, keepMinor: null }])
    expect(confirmed!.data.attempts).toMatchObject([{ amountMinor: 1250, keepMinor: 1250, keepCredits: 0 }])
    const { rows } = await h.pool.query('SELECT token, status FROM attempt WHERE booking_id = $1', [body.id])
    expect(rows).toEqual([{ token: null, status: 'authorized' }])
  })

  test('201: credits pay where the space can be paid so', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1250, creditsPerHour: 3 })
    const { send } = await h.as()
    const { body } = await send('POST', '/v1/bookings', { body: buildRequest(space, { payment: { method: 'credits' } }) })
    expect(body).toMatchObject({ status: 'confirmed', payment: { method: 'credits' }, price: { credits: 3 } })
    expect(h.fakes.payment.sent.at(-1)).toMatchObject({ amountMinor: 0, amountCredits: 3 })
  })

  test('201: bookings that touch, and offsets are honoured', async () => {
    const space = h.fakes.addSpace()
    const { send } = await h.as()
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(201)
    const next = await send('POST', '/v1/bookings', {
      body: buildRequest(space, { startsAt: '2026-01-05T12:00:00+01:00', endsAt: '2026-01-05T06:00:00-06:00' }),
    })
    expect(next).toMatchObject({ status: 201, body: { startsAt: '2026-01-05T11:00:00Z', endsAt: '2026-01-05T12:00:00Z' } })
  })

  test('400: payment missing while something is due, a card without its token, credits with one or where they cannot pay', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    const pointers = []
    for (const payment of [undefined, { method: 'card' }, { method: 'credits', token: 'x' }, { method: 'credits' }, { method: 'invoice' }]) {
      const { status, body } = await send('POST', '/v1/bookings', { body: buildRequest(space, { payment }) })
      pointers.push([status, body.errors[0].pointer])
    }
    expect(pointers).toEqual([
      [400, '/payment'],
      [400, '/payment/token'],
      [400, '/payment/token'],
      [400, '/payment/method'],
      [400, '/payment/method'],
    ])
  })

  test('402: refused; the claim is free again and the booking stays as cancelled; the key repeats the 402', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    const headers = { 'idempotency-key': 'refused' }
    h.fakes.payment.behave('refuse')
    const refused = await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers })
    expect(refused).toMatchObject({ status: 402, body: { type: '/problems/payment-refused' } })
    h.fakes.payment.behave('authorize')
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers })).status).toBe(402)
    expect((await send('GET', '/v1/bookings')).body.items).toMatchObject([{ status: 'cancelled', refund: { amountMinor: 0 } }])
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space, card) })).status).toBe(201)
    h.fakes.payment.behave('no-credits')
    const credits = h.fakes.addSpace({ hourMinor: 1000, creditsPerHour: 2 })
    const poor = await send('POST', '/v1/bookings', { body: buildRequest(credits, { payment: { method: 'credits' } }) })
    expect(poor).toMatchObject({ status: 402, body: { type: '/problems/insufficient-credits' } })
  })

  test('403, 404: an account that is not active; an unknown space', async () => {
    const space = h.fakes.addSpace()
    const { send, userId } = await h.as()
    expect((await send('POST', '/v1/bookings', { body: buildRequest({ id: newId() }) })).status).toBe(404)
    h.fakes.setPerson({ id: userId, status: 'deactivated' })
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(403)
  })

  test('409: taken, with the ranges in the way without buffers or names, and three alternatives that can be booked', async () => {
    const space = h.fakes.addSpace({ bufferAfter: 30 })
    const { send, userId } = await h.as()
    await send('POST', '/v1/bookings', { body: buildRequest(space) })
    const { status, body } = await (
      await h.as()
    ).send('POST', '/v1/bookings', { body: buildRequest(space, { startsAt: '2026-01-05T10:30:00Z', endsAt: '2026-01-05T11:30:00Z' }) })
    expect(status).toBe(409)
    expect(body).toMatchObject({ type: '/problems/slot-conflict', conflicts: [{ startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-05T11:00:00Z' }] })
    expect(JSON.stringify(body)).not.toContain(userId)
    expect(body.alternatives).toHaveLength(3)
    for (const { spaceId, startsAt, endsAt } of body.alternatives.slice(0, 1)) {
      expect((await send('POST', '/v1/bookings', { body: { spaceId, startsAt, endsAt } })).status).toBe(201)
    }
  })

  test('409: a full day leaves other spaces of the location, and fewer than three when fewer exist', async () => {
    const space = h.fakes.addSpace()
    const other = h.fakes.addSpace({ locationId: space.locationId })
    const { send } = await h.as()
    const day = { startsAt: '2026-01-06T00:00:00+01:00', endsAt: '2026-01-07T00:00:00+01:00' }
    await send('POST', '/v1/bookings', { body: buildRequest(space, day) })
    const hour = buildRequest(space, { startsAt: '2026-01-06T10:00:00Z', endsAt: '2026-01-06T11:00:00Z' })
    const { body } = await send('POST', '/v1/bookings', { body: hour })
    expect(body.alternatives).toHaveLength(3)
    expect(body.alternatives[0]).toEqual({ spaceId: other.id, startsAt: '2026-01-06T10:00:00Z', endsAt: '2026-01-06T11:00:00Z' })
    await send('POST', '/v1/bookings', { body: buildRequest(other, { ...day, startsAt: '2026-01-06T02:00:00+01:00' }) })
    expect((await send('POST', '/v1/bookings', { body: hour })).body.alternatives).toHaveLength(3)
    await send('POST', '/v1/bookings', { body: buildRequest(other, { startsAt: '2026-01-06T00:30:00+01:00', endsAt: '2026-01-06T02:00:00+01:00' }) })
    expect((await send('POST', '/v1/bookings', { body: hour })).body.alternatives).toEqual([])
  })

  test('422: every broken rule at once, workspace’s and booking’s own; zero and negative length', async () => {
    const space = h.fakes.addSpace({ capacity: 1, brokenRules: [{ code: 'off-grid', detail: 'x' }] })
    const { send } = await h.as()
    const { status, body } = await send('POST', '/v1/bookings', {
      body: buildRequest(space, { endsAt: '2026-01-05T10:00:00Z', attendees: [{ email: 'a@b.example' }], teamId: newId() }),
    })
    expect(status).toBe(422)
    expect(body.errors.map(({ code }: { code: string }) => code).sort()).toEqual(['capacity-exceeded', 'interval-invalid', 'not-allowed-for-team', 'off-grid'])
    const reversed = await send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace(), { endsAt: '2026-01-05T09:00:00Z' }) })
    expect(reversed).toMatchObject({ status: 422, body: { errors: [{ code: 'interval-invalid' }] } })
    expect(h.refusals.slice(-5).sort()).toEqual(['capacity-exceeded', 'interval-invalid', 'interval-invalid', 'not-allowed-for-team', 'off-grid'])
  })

  test('503: user, workspace or payment down leaves nothing half done, and the key stays free', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    const headers = { 'idempotency-key': 'down' }
    const before = await bookings()
    for (const callee of ['user', 'workspace'] as const) {
      h.fakes.failures[callee] = new DependencyError(callee, { sent: true, reason: 'timeout' })
      const { status, body, headers: answered } = await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers })
      expect([status, body.dependency, Number(answered['retry-after']) > 0]).toEqual([503, callee, true])
      h.fakes.failures[callee] = undefined
    }
    h.fakes.payment.setReachable(false)
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers })).body).toMatchObject({ dependency: 'payment' })
    expect(await bookings()).toBe(before)
    h.fakes.payment.setReachable(true)
    h.fakes.payment.behave('unsent')
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers })).body).toMatchObject({ dependency: 'payment' })
    expect((await send('GET', '/v1/bookings')).body.items).toEqual([])
    h.fakes.payment.behave('authorize')
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers })).status).toBe(201)
  })

  test('202: payment does not answer, or not in the caller’s time; the work goes on and reconciliation settles it', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    h.fakes.payment.behave('lose-answer')
    const lost = await send('POST', '/v1/bookings', { body: buildRequest(space, card) })
    expect(lost).toMatchObject({
      status: 202,
      body: { status: 'pending_payment', version: 1, holdExpiresAt: '2026-01-05T08:10:00Z', payment: { status: 'pending' } },
    })
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect((await send('GET', `/v1/bookings/${lost.body.id}`)).body).toMatchObject({ status: 'confirmed', version: 2, payment: { status: 'authorized' } })

    h.fakes.payment.behave('hang')
    const slow = await send('POST', '/v1/bookings', {
      body: buildRequest(space, { ...card, startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T13:00:00Z' }),
      headers: { 'x-request-deadline-ms': '1500' },
    })
    expect(slow.status).toBe(202)
    h.fakes.payment.behave('authorize')
    h.fakes.payment.answerHanging()
    await h.background.settled()
    expect((await send('GET', `/v1/bookings/${slow.body.id}`)).body.status).toBe('confirmed')
  })
})

describe('a 202 is a promise: what then turns out not to have been sent is sent again, and the booking is the same', () => {
  const settleLater = async () => {
    h.fakes.payment.behave('authorize')
    h.clock.advance({ seconds: 10 })
    await h.settle()
  }

  test('when a repeat of the key was answered while the first request still waited for payment', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    const request = { body: buildRequest(space, card), headers: { 'idempotency-key': 'double click' } }
    h.fakes.payment.behave('hang')
    const first = send('POST', '/v1/bookings', request)
    await expect.poll(() => h.fakes.payment.sent.length, { timeout: 20_000 }).toBeGreaterThan(0)
    const repeat = await send('POST', '/v1/bookings', request)
    expect(repeat).toMatchObject({ status: 202, body: { status: 'pending_payment' } })
    h.fakes.payment.behave('unsent')
    h.fakes.payment.answerHanging()
    expect(await first).toMatchObject({ status: 202, body: { id: repeat.body.id } })
    await settleLater()
    expect(await send('POST', '/v1/bookings', request)).toMatchObject({ status: 201, body: { id: repeat.body.id, status: 'confirmed' } })
  })

  test('when the first caller had no more time to wait', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    h.fakes.payment.behave('hang')
    const hurried = await send('POST', '/v1/bookings', { body: buildRequest(space, card), headers: { 'x-request-deadline-ms': '1500' } })
    expect(hurried.status).toBe(202)
    h.fakes.payment.behave('unsent')
    h.fakes.payment.answerHanging()
    await h.background.settled()
    await settleLater()
    expect((await send('GET', `/v1/bookings/${hurried.body.id}`)).body).toMatchObject({ status: 'confirmed' })
  })
})

describe('past the deadline', () => {
  test('504, and a quote that comes afterwards makes no claim', async () => {
    const space = h.fakes.addSpace()
    const { send } = await h.as()
    const quote = Promise.withResolvers<void>()
    h.fakes.failures.held = quote.promise
    const late = await send('POST', '/v1/bookings', { body: buildRequest(space), headers: { 'x-request-deadline-ms': '100' } })
    expect(late).toMatchObject({ status: 504, body: { type: '/problems/deadline-exceeded' } })
    h.fakes.failures.held = undefined
    const reached = h.reached.length
    quote.resolve()
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(201)
    expect(h.reached.slice(reached).filter((name) => name === 'create.before-claim')).toHaveLength(1)
    expect((await h.pool.query('SELECT count(*)::int AS n FROM booking WHERE space_id = $1', [space.id])).rows).toEqual([{ n: 1 }])
  })
})

describe('space revisions', () => {
  test('a quote older than acceptable is fetched again once', async () => {
    const space = h.fakes.addSpace()
    const { send } = await h.as()
    const headers = await h.tokens.asService('workspace')
    const retire = (nextRevision: number) =>
      h.app.inject({
        method: 'POST',
        url: '/internal/spaces/retire',
        headers: { ...headers, 'content-type': 'application/json' },
        payload: JSON.stringify({ at: '2026-01-05T08:00:00Z', spaces: [{ spaceId: space.id, nextRevision, unitIds: null }] }),
      })
    expect((await retire(2)).json()).toEqual({ inUse: false })
    expect(await send('POST', '/v1/bookings', { body: buildRequest(space) })).toMatchObject({ status: 503, body: { dependency: 'workspace' } })
    space.revision = 2
    expect((await send('POST', '/v1/bookings', { body: buildRequest(space) })).status).toBe(201)
    expect((await retire(3)).json()).toEqual({ inUse: true })
    expect(
      (await send('POST', '/v1/bookings', { body: buildRequest(space, { startsAt: '2026-01-05T13:00:00Z', endsAt: '2026-01-05T14:00:00Z' }) })).status,
    ).toBe(201)
  })
})
