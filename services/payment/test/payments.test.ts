import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '@alcove/kit'
import { makePayment, startRoutes, type Routes } from './routes.ts'

let routes: Routes
beforeAll(async () => {
  routes = await startRoutes()
})
afterAll(() => routes.stop())

describe('GET /v1/payments/{id}', () => {
  it('200 shows the owner and operators the payment', async () => {
    const { paymentId, bookingId, userId } = await makePayment(routes, { userId: routes.people.member }, 700)
    for (const who of ['member', 'operator', 'admin'] as const) {
      const answer = await routes.call(who, 'GET', `/v1/payments/${paymentId}`)
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({
        id: paymentId,
        bookingId,
        userId,
        method: 'card',
        status: 'captured',
        amountMinor: 1200,
        capturedMinor: 700,
        refundedMinor: 0,
        currency: 'GBP',
        refunds: [],
      })
      expect(answer.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    }
  })

  it('401 without a token; 404 for somebody else, the same as for an unknown id; 400 for no id', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member })
    expect((await routes.call('nobody', 'GET', `/v1/payments/${paymentId}`)).status).toBe(401)
    const others = await routes.call('other', 'GET', `/v1/payments/${paymentId}`)
    const unknown = await routes.call('other', 'GET', `/v1/payments/${newId()}`)
    expect([others.status, unknown.status]).toEqual([404, 404])
    expect(others.body.detail).toBe(unknown.body.detail)
    expect((await routes.call('member', 'GET', '/v1/payments/nonsense')).status).toBe(400)
  })
})

describe('GET /v1/payments', () => {
  it('200 lists own payments newest first, by booking, page by page', async () => {
    const made = []
    for (let i = 0; i < 5; i += 1) made.push(await makePayment(routes, { userId: routes.people.other }))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const answer = await routes.call('other', 'GET', `/v1/payments?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      expect(answer.status).toBe(200)
      seen.push(...answer.body.items.map((item: { id: string }) => item.id))
      cursor = answer.body.nextCursor
    } while (cursor)
    expect(seen).toEqual(made.map(({ paymentId }) => paymentId).reverse())
    const byBooking = await routes.call('other', 'GET', `/v1/payments?bookingId=${made[1]!.bookingId}`)
    expect(byBooking.body.items.map((item: { id: string }) => item.id)).toEqual([made[1]!.paymentId])
  })

  it('shows a member nothing of another, and an operator everything', async () => {
    const { bookingId, paymentId } = await makePayment(routes, { userId: routes.people.member })
    expect((await routes.call('other', 'GET', `/v1/payments?bookingId=${bookingId}`)).body.items).toEqual([])
    expect((await routes.call('operator', 'GET', `/v1/payments?bookingId=${bookingId}`)).body.items).toMatchObject([{ id: paymentId }])
  })

  it('400 names everything that is wrong at once, and a foreign cursor', async () => {
    const answer = await routes.call('member', 'GET', '/v1/payments?limit=0&bookingId=x&colour=red')
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual(['/bookingId', '/colour', '/limit'])
    expect((await routes.call('member', 'GET', '/v1/payments?cursor=abc')).status).toBe(400)
    expect((await routes.call('nobody', 'GET', '/v1/payments')).status).toBe(401)
  })
})

describe('POST /v1/payments/{id}/refunds', () => {
  const refund = (who: Parameters<Routes['call']>[0], id: string, body: object, key?: string) =>
    routes.call(who, 'POST', `/v1/payments/${id}/refunds`, { body, headers: key ? { 'idempotency-key': key } : {} })

  it('201 gives money back through the provider, shown on the payment, with event and audit', async () => {
    const { paymentId, attemptId } = await makePayment(routes, { userId: routes.people.member }, 1200)
    const answer = await refund('operator', paymentId, { amountMinor: 500, reason: 'it was loud' })
    expect(answer.status).toBe(201)
    expect(answer.headers.location).toBe(`/v1/payments/${paymentId}`)
    expect(answer.body).toMatchObject({ paymentId, origin: 'operator', status: 'done', amountMinor: 500, currency: 'GBP', reason: 'it was loud' })
    const shown = (await routes.call('member', 'GET', `/v1/payments/${paymentId}`)).body
    expect(shown).toMatchObject({ status: 'captured', refundedMinor: 500, refunds: [{ id: answer.body.id, amountMinor: 500, status: 'done' }] })
    expect(shown.refunds[0]).not.toHaveProperty('reason')
    expect((await routes.sandbox.find(attemptId))?.refunds).toEqual([{ key: answer.body.id, amountMinor: 500 }])
    const { rows } = await routes.pool.query("SELECT type, data FROM outbox WHERE data->>'subject' = $1 OR key = $1 ORDER BY seq", [paymentId])
    expect(rows.map((row) => row.type)).toEqual(['payment.authorized.v1', 'payment.captured.v1', 'audit.recorded.v1', 'payment.refunded.v1'])
    expect(rows[2].data).toMatchObject({ action: 'payment.refunded', actor: { type: 'user', id: routes.people.operator } })
  })

  it('201 the same refund for the same key, also ten times at once; 422 for another body; another key of another person is another', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member }, 1200)
    const body = { amountMinor: 100, reason: 'x' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => refund('operator', paymentId, body, 'key-1')))
    expect(new Set(answers.map(({ status, body: made }) => `${status} ${made.id}`)).size).toBe(1)
    expect(answers[0]!.status).toBe(201)
    expect((await refund('operator', paymentId, { ...body, amountMinor: 101 }, 'key-1')).body).toMatchObject({
      status: 422,
      type: '/problems/idempotency-key-reused',
    })
    expect((await refund('admin', paymentId, body, 'key-1')).body.id).not.toBe(answers[0]!.body.id)
    expect((await routes.call('operator', 'GET', `/v1/payments/${paymentId}`)).body.refundedMinor).toBe(200)
  })

  it('409 beyond what was captured and not yet given back, at any concurrency; a refused one is not remembered', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member }, 1000)
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => refund('operator', paymentId, { amountMinor: 300, reason: 'x' }, `race-${i}`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409, 409])
    const refused = answers.find(({ status }) => status === 409)!
    expect(refused.body).toMatchObject({ type: '/problems/illegal-transition', refundable: 100 })
    const key = `race-${answers.indexOf(refused)}`
    expect((await refund('operator', paymentId, { amountMinor: 100, reason: 'y' }, key)).status).toBe(201)
    expect((await routes.call('operator', 'GET', `/v1/payments/${paymentId}`)).body).toMatchObject({ status: 'refunded', refundedMinor: 1000 })
  })

  it('409 while nothing is captured', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member })
    expect((await refund('operator', paymentId, { amountMinor: 1, reason: 'x' })).body).toMatchObject({ status: 409, refundable: 0 })
  })

  it('201 pending when the provider is silent, and done later', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member }, 1200)
    const { refund: real } = routes.provider
    routes.provider.refund = async () => {
      const { ProviderUnavailable } = await import('../src/domain/provider.ts')
      throw new ProviderUnavailable('away')
    }
    const answer = await refund('operator', paymentId, { amountMinor: 200, reason: 'x' })
    expect(answer).toMatchObject({ status: 201, body: { status: 'pending' } })
    routes.provider.refund = real
    await routes.settleAll()
    expect((await routes.call('operator', 'GET', `/v1/payments/${paymentId}`)).body).toMatchObject({ refundedMinor: 200, refunds: [{ status: 'done' }] })
  })

  it('201 gives credits back to the buckets they came from; 400 for the other unit', async () => {
    const { people, call } = routes
    const wallet = (await call('member', 'GET', '/v1/wallets/me')).body
    await call('operator', 'POST', `/v1/wallets/${wallet.id}/grants`, { body: { amountCredits: 40, reason: 'x' } })
    const { paymentId } = await makePayment(routes, { userId: people.member, method: 'credits', amountCredits: 30 }, 30)
    const wrong = await refund('operator', paymentId, { amountMinor: 10, reason: 'x' })
    expect(wrong.status).toBe(400)
    expect(wrong.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/amountCredits', '/amountMinor'])
    expect(await refund('operator', paymentId, { amountCredits: 12, reason: 'x' })).toMatchObject({
      status: 201,
      body: { status: 'done', amountCredits: 12, amountMinor: 0 },
    })
    expect((await call('member', 'GET', '/v1/wallets/me')).body).toMatchObject({ balanceCredits: wallet.balanceCredits + 40 - 18 })
    expect((await refund('operator', paymentId, { amountCredits: 19, reason: 'x' })).status).toBe(409)
  })

  it('401, 403 for members (also the owner), 404 unknown, 400 with every broken field', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member }, 1200)
    const body = { amountMinor: 1, reason: 'x' }
    expect((await refund('nobody', paymentId, body)).status).toBe(401)
    expect((await refund('member', paymentId, body)).status).toBe(403)
    expect((await refund('other', paymentId, body)).status).toBe(403)
    expect((await refund('operator', newId(), body)).status).toBe(404)
    const answer = await refund('operator', paymentId, { amountMinor: 0, reason: ' ', note: 'x' })
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual(['/amountMinor', '/note', '/reason'])
    expect((await refund('operator', paymentId, { reason: 'x' })).body.errors).toMatchObject([{ pointer: '/amountMinor', code: 'required' }])
  })
})
