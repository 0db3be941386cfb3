import { newId } from '@alcove/kit'
import { listAudited, readAudits } from '@alcove/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Any, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => {
  h.clock.set(monday)
  h.fakes.payment.behave('authorize')
})
afterAll(() => h.close())

type Person = Awaited<ReturnType<Harness['as']>>
interface Given {
  booking: Any
  send: (method: 'POST' | 'PATCH', url: string, body?: unknown) => Promise<{ status: number; body: Any }>
}

/** Each act as an operator does it on a member's confirmed booking, and what the log then says of before and after. */
const acts: Record<string, { act: (given: Given) => Promise<unknown>; action: string; before: object; after: object }> = {
  'change-booking': {
    act: ({ booking, send }) => send('PATCH', `/v1/bookings/${booking.id}`, { startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T13:00:00Z' }),
    action: 'booking.changed',
    before: { startsAt: '2026-01-05T10:00:00Z', version: 2 },
    after: { startsAt: '2026-01-05T12:00:00Z', version: 3, totalMinor: 1200 },
  },
  'change-booking, its words': {
    act: ({ booking, send }) => send('PATCH', `/v1/bookings/${booking.id}`, { title: 'Secret plans' }),
    action: 'booking.described',
    before: { version: 2 },
    after: { version: 3 },
  },
  'cancel-booking': {
    act: ({ booking, send }) => send('POST', `/v1/bookings/${booking.id}/cancel`, { reason: 'Secret plans' }),
    action: 'booking.cancelled',
    before: { status: 'confirmed' },
    after: { status: 'cancelled', refundMinor: 1200 },
  },
  'check-in-booking': {
    act: async ({ booking, send }) => {
      h.clock.set('2026-01-05T10:00:00Z')
      return send('POST', `/v1/bookings/${booking.id}/check-in`)
    },
    action: 'booking.checked-in',
    before: { status: 'confirmed' },
    after: { status: 'checked_in' },
  },
  'check-out-booking': {
    act: async ({ booking, send }) => {
      h.clock.set('2026-01-05T10:00:00Z')
      await send('POST', `/v1/bookings/${booking.id}/check-in`)
      h.clock.set('2026-01-05T10:30:00Z')
      return send('POST', `/v1/bookings/${booking.id}/check-out`)
    },
    action: 'booking.checked-out',
    before: { status: 'checked_in' },
    after: { status: 'completed' },
  },
}

async function asOperator(requestId: string) {
  const operator = await h.as(newId(), ['operator'])
  const seen = { ...(await h.tokens.asService('gateway')), 'x-forwarded-for': '203.0.113.9, 198.51.100.7', 'x-request-id': requestId }
  const send = async (method: 'POST' | 'PATCH', url: string, body?: unknown) => {
    const id = /bookings\/([^/]+)/.exec(url)![1]
    const etag = (await operator.send('GET', `/v1/bookings/${id}`)).headers.etag as string
    return operator.send(method, url, { body, headers: { ...seen, ...(method === 'PATCH' && { 'if-match': etag }) } })
  }
  return { operator, send }
}

async function book(member: Person) {
  const made = await member.send('POST', '/v1/bookings', { body: buildRequest(h.fakes.addSpace({ hourMinor: 1200 }), card) })
  expect(made.status).toBe(201)
  return made.body
}

it('every audited operation has its act here', () => {
  const covered = new Set([...Object.keys(acts).map((name) => name.split(',')[0]), 'pay-booking'])
  expect([...covered].sort()).toEqual(
    listAudited('booking')
      .map(([id]) => id)
      .sort(),
  )
})

describe('what an operator does to a member’s booking', () => {
  test.each(Object.entries(acts))('%s: the log names both, the request, and what changed; never words', async (name, { act, action, before, after }) => {
    const member = await h.as()
    const requestId = `r-${newId()}`
    const { operator, send } = await asOperator(requestId)
    const booking = await book(member)
    await act({ booking, send })
    const entry = (await readAudits(h.pool, requestId)).find((one) => one.action === action)
    expect(entry, name).toMatchObject({ subject: booking.id, person: member.userId, actor: { type: 'user', id: operator.userId }, before, after })
    // Where the request came from, as the gateway saw it, beside the log and not in it.
    expect(entry!.address).toBe('198.51.100.7')
    expect(listAudited('booking').find(([id]) => id === name.split(',')[0])![1]).toContain(action)
    const written = JSON.stringify((await h.pool.query('SELECT data FROM outbox')).rows)
    expect(written).not.toContain('Secret plans')
    expect(written).not.toContain('198.51.100.7')
  })

  test('pay-booking: the log says so before the payment’s answer is known', async () => {
    const member = await h.as()
    h.fakes.payment.behave('refuse')
    const space = h.fakes.addSpace({ hourMinor: 1200 })
    const claimed = await member.send('POST', '/v1/holds', { body: buildRequest(space) })
    expect(claimed.status).toBe(201)
    const { rows } = await h.pool.query<{ id: string }>(
      `UPDATE booking SET status = 'pending_payment', version = 1, total_minor = 1200, net_minor = 1200, hold_expires_at = $2 WHERE id = $1 RETURNING id`,
      [claimed.body.id, '2026-01-05T09:30:00Z'],
    )
    const requestId = `r-${newId()}`
    const { operator, send } = await asOperator(requestId)
    await send('POST', `/v1/bookings/${rows[0]!.id}/pay`, card)
    expect((await readAudits(h.pool, requestId)).filter(({ action }) => action === 'booking.paid')).toEqual([
      expect.objectContaining({ subject: rows[0]!.id, person: member.userId, actor: { type: 'user', id: operator.userId } }),
    ])
  })

  test('a repeated request and a second cancel are told once; a refused one never', async () => {
    const member = await h.as()
    const requestId = `r-${newId()}`
    const { operator } = await asOperator(requestId)
    const booking = await book(member)
    const headers = { 'x-request-id': requestId, 'idempotency-key': 'k' }
    const cancel = (extra: object = headers) =>
      operator.send('POST', `/v1/bookings/${booking.id}/cancel`, { body: {}, headers: extra as Record<string, string> })
    expect((await operator.send('POST', `/v1/bookings/${booking.id}/check-in`, { headers: { 'x-request-id': requestId } })).status).toBe(422)
    for (let time = 0; time < 3; time += 1) expect((await cancel()).status).toBe(200)
    expect((await cancel({ 'x-request-id': requestId })).status).toBe(200)
    expect((await cancel({ 'x-request-id': requestId, 'idempotency-key': 'k2' })).status).toBe(200)
    expect((await readAudits(h.pool, requestId)).map(({ action }) => action)).toEqual(['booking.cancelled'])
  })

  test('of two operators who cancel at once one is told', async () => {
    const member = await h.as()
    const requestId = `r-${newId()}`
    const booking = await book(member)
    const [one, other] = [await asOperator(requestId), await asOperator(requestId)]
    const answers = await Promise.all([one, other].map(({ send }) => send('POST', `/v1/bookings/${booking.id}/cancel`, {})))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await readAudits(h.pool, requestId)).toHaveLength(1)
  })
})

test('what a member does to their own booking is in its history, not in the audit log', async () => {
  const member = await h.as()
  const requestId = `r-${newId()}`
  const booking = await book(member)
  expect((await member.send('POST', `/v1/bookings/${booking.id}/cancel`, { body: {}, headers: { 'x-request-id': requestId } })).status).toBe(200)
  expect(await readAudits(h.pool, requestId)).toEqual([])
})
