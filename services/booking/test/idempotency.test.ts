import { newId } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Any, type Harness } from './app-builders.ts'

// Three instances over one database, as replicas are.
let replicas: Harness
let h: Harness
beforeAll(async () => {
  h = replicas = await createHarness({ poolMax: 20 })
})
afterEach(() => {
  h.clock.set(monday)
  h.fakes.payment.behave('authorize')
})
afterAll(() => replicas.close())

describe('Idempotency-Key', () => {
  test('ten at once give one booking; every answer is that booking or says that it is in progress; later all give it', async () => {
    for (const hourMinor of [0, 1000]) {
      const space = h.fakes.addSpace({ hourMinor, units: [newId(), newId(), newId()] })
      const { send } = await h.as()
      const headers = { 'idempotency-key': `ten-${hourMinor}` }
      const body = buildRequest(space, card)
      const answers = await Promise.all(Array.from({ length: 10 }, () => send('POST', '/v1/bookings', { body, headers })))
      const ids = new Set(answers.filter(({ status }) => status === 201 || status === 202).map((answer) => answer.body.id))
      expect(ids.size).toBe(1)
      for (const { status, body: answered } of answers) expect([201, 202].includes(status) || answered.type === '/problems/idempotency-in-progress').toBe(true)
      for (let again = 0; again < 3; again++)
        expect(await send('POST', '/v1/bookings', { body, headers })).toMatchObject({ status: 201, body: { id: [...ids][0] } })
      const { rows } = await h.pool.query('SELECT count(*)::integer AS n FROM booking WHERE space_id = $1', [space.id])
      expect(rows[0].n).toBe(1)
    }
  })

  test('the repeat shows the booking as it is now: pending, cancelled, with its members in another order', async () => {
    const space = h.fakes.addSpace({ hourMinor: 1000 })
    const { send } = await h.as()
    const headers = { 'idempotency-key': 'as-now' }
    h.fakes.payment.behave('lose-answer')
    const body: Any = buildRequest(space, card)
    const first = await send('POST', '/v1/bookings', { body, headers })
    const reordered = Object.fromEntries(Object.entries(body).reverse())
    expect(await send('POST', '/v1/bookings', { body: reordered, headers })).toMatchObject({ status: 202, body: { id: first.body.id } })
    h.clock.advance({ seconds: 10 })
    await h.settle()
    expect(await send('POST', '/v1/bookings', { body, headers })).toMatchObject({ status: 201, body: { status: 'confirmed' } })
    await send('POST', `/v1/bookings/${first.body.id}/cancel`, { body: {} })
    expect(await send('POST', '/v1/bookings', { body, headers })).toMatchObject({ status: 201, body: { status: 'cancelled' } })
  })

  test('it answers from what is stored though user, workspace and payment are down', async () => {
    const { send } = await h.as()
    const sent = { body: buildRequest(h.fakes.addSpace()), headers: { 'idempotency-key': 'stored' } }
    const first = await send('POST', '/v1/bookings', sent)
    h.fakes.failures.user = h.fakes.failures.workspace = new Error('must not be asked')
    expect(await send('POST', '/v1/bookings', sent)).toMatchObject({ status: 201, body: { id: first.body.id } })
    h.fakes.failures.user = h.fakes.failures.workspace = undefined
  })

  test('another body is refused, another person’s equal key is another key, and failures are not remembered', async () => {
    const space = h.fakes.addSpace({ units: [newId(), newId()] })
    const [ada, bob] = [await h.as(), await h.as()]
    const headers = { 'idempotency-key': 'shared' }
    const full = h.fakes.addSpace()
    await bob.send('POST', '/v1/bookings', { body: buildRequest(full) })
    expect((await ada.send('POST', '/v1/bookings', { body: buildRequest(full), headers })).status).toBe(409)
    const first = await ada.send('POST', '/v1/bookings', { body: buildRequest(space), headers })
    expect(first.status).toBe(201)
    expect((await ada.send('POST', '/v1/bookings', { body: buildRequest(space, { title: 'x' }), headers })).body.type).toBe('/problems/idempotency-key-reused')
    const second = await bob.send('POST', '/v1/bookings', { body: buildRequest(space), headers })
    expect(second.status).toBe(201)
    expect(second.body.id).not.toBe(first.body.id)
  })

  test('a key is free again after 24 hours, swept or not', async () => {
    const space = h.fakes.addSpace({ units: [newId(), newId(), newId()] })
    const { send } = await h.as()
    const headers = { 'idempotency-key': 'day' }
    const tomorrow = { startsAt: '2026-01-09T10:00:00Z', endsAt: '2026-01-09T11:00:00Z' }
    const first = await send('POST', '/v1/bookings', { body: buildRequest(space, tomorrow), headers })
    h.clock.advance({ hours: 24 })
    const second = await send('POST', '/v1/bookings', { body: buildRequest(space, tomorrow), headers })
    expect(second.body.id).not.toBe(first.body.id)
    h.clock.advance({ hours: 24 })
    while ((await h.sweeps.forget(h.clock.now())) > 0);
    const { rows } = await h.pool.query('SELECT count(*)::integer AS n FROM idempotency')
    expect(rows[0].n).toBe(0)
  })
})
