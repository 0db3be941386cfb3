import { newId } from '@alcove/kit'
import { readAudits } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePayment, startRoutes, type Routes } from './routes.ts'

let routes: Routes
beforeAll(async () => {
  routes = await startRoutes({ fourEyes: true })
})
afterAll(() => routes.stop())

type Who = Parameters<Routes['call']>[0]
const walletOf = async (who: Who) => (await routes.call(who, 'GET', '/v1/wallets/me')).body
const grant = async (who: Who, to: Who, body: object = {}, key?: string) =>
  routes.call(who, 'POST', `/v1/wallets/${(await walletOf(to)).id}/grants`, {
    body: { amountCredits: 5, reason: 'a trial', ...body },
    headers: key ? { 'idempotency-key': key } : {},
  })
const decide = (who: Who, id: string, verb: 'approve' | 'decline', headers: Record<string, string> = {}) =>
  routes.call(who, 'POST', `/v1/grant-requests/${id}/${verb}`, { headers })

describe('POST /v1/wallets/{id}/grants to oneself', () => {
  it('202 waits: no credits, no ledger row, and the log says who asked', async () => {
    const before = await walletOf('operator')
    const answer = await grant('operator', 'operator')
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({
      walletId: before.id,
      userId: routes.people.operator,
      amountCredits: 5,
      status: 'pending',
      requestedBy: routes.people.operator,
    })
    expect((await walletOf('operator')).balanceCredits).toBe(before.balanceCredits)
    const { rows } = await routes.pool.query('SELECT 1 FROM ledger_entry WHERE bucket_id = $1', [answer.body.id])
    expect(rows).toEqual([])
    expect((await readAudits(routes.pool)).at(-1)).toMatchObject({
      action: 'wallet.grant-requested',
      person: routes.people.operator,
      after: { amountCredits: 5 },
    })
  })

  it('202 for admins too; 201 at once for somebody else', async () => {
    expect((await grant('admin', 'admin')).status).toBe(202)
    expect((await grant('operator', 'member')).status).toBe(201)
  })

  it('one request for a key sent five times at once, also when it is decided meanwhile', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => grant('operator', 'operator', {}, 'same')))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    await decide('admin', answers[0]!.body.id, 'decline')
    expect((await grant('operator', 'operator', {}, 'same')).body).toMatchObject({ id: answers[0]!.body.id, status: 'declined' })
  })

  it('400 for what expires in the past, before anybody is asked', async () => {
    expect((await grant('operator', 'operator', { expiresAt: '2020-01-01T00:00:00Z' })).status).toBe(400)
  })
})

describe('POST /v1/grant-requests/{id}/approve', () => {
  it('200 by another: the credits are there once, however often and at once it is approved', async () => {
    const { balanceCredits } = await walletOf('operator')
    const { body } = await grant('operator', 'operator')
    const requestId = `r-${newId()}`
    const answers = await Promise.all(Array.from({ length: 4 }, () => decide('admin', body.id, 'approve', { 'x-request-id': requestId })))
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { id: body.id, status: 'approved', decidedBy: routes.people.admin } })
    expect((await walletOf('operator')).balanceCredits).toBe(balanceCredits + 5)
    expect(await readAudits(routes.pool, requestId)).toEqual([
      expect.objectContaining({ action: 'wallet.granted', person: routes.people.operator, actor: { type: 'user', id: routes.people.admin } }),
    ])
  })

  it('403 for who asked, with a sentence; nothing changes', async () => {
    const { body } = await grant('operator', 'operator')
    const answer = await decide('operator', body.id, 'approve')
    expect(answer).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } })
    expect(answer.body.detail).toContain('another operator or admin')
    expect((await routes.call('admin', 'GET', '/v1/grant-requests')).body.items.map(({ id }: { id: string }) => id)).toContain(body.id)
  })

  it('409 once declined, and for credits that would have expired by now', async () => {
    const declined = (await grant('operator', 'operator')).body
    await decide('admin', declined.id, 'decline')
    expect(await decide('admin', declined.id, 'approve')).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } })
    const expiresAt = new Date(routes.clock.now().getTime() + 3_600_000).toISOString()
    const overdue = (await grant('operator', 'operator', { expiresAt })).body
    routes.clock.advance({ hours: 2 })
    expect((await decide('admin', overdue.id, 'approve')).status).toBe(409)
    expect((await decide('admin', overdue.id, 'decline')).status).toBe(200)
  })

  it('the database itself lets nobody approve for themselves', async () => {
    const { body } = await grant('operator', 'operator')
    const update = `UPDATE grant_request SET status = 'approved', decided_by = requested_by, decided_at = created_at WHERE id = $1`
    await expect(routes.pool.query(update, [body.id])).rejects.toThrow('grant_request_four_eyes')
  })
})

describe('POST /v1/grant-requests/{id}/decline', () => {
  it('200 by another, or by who asked; again the same; 409 once approved', async () => {
    const own = (await grant('operator', 'operator')).body
    for (let time = 0; time < 2; time += 1) expect(await decide('operator', own.id, 'decline')).toMatchObject({ status: 200, body: { status: 'declined' } })
    const approved = (await grant('operator', 'operator')).body
    await decide('admin', approved.id, 'approve')
    expect((await decide('operator', approved.id, 'decline')).status).toBe(409)
    expect((await readAudits(routes.pool)).filter(({ action }) => action === 'wallet.grant-declined').at(-1)).toMatchObject({
      person: routes.people.operator,
      before: { status: 'pending' },
      after: { status: 'declined' },
    })
  })
})

describe('GET /v1/grant-requests', () => {
  it('those that wait, newest first, in pages; others by status', async () => {
    const made = [(await grant('operator', 'operator')).body.id, (await grant('operator', 'operator')).body.id]
    const first = (await routes.call('admin', 'GET', '/v1/grant-requests?limit=1')).body
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual([made[1]])
    const second = (await routes.call('admin', 'GET', `/v1/grant-requests?limit=1&cursor=${first.nextCursor}`)).body
    expect(second.items[0].id).toBe(made[0])
    const declined = (await routes.call('admin', 'GET', '/v1/grant-requests?status=declined')).body.items
    expect(declined.every(({ status }: { status: string }) => status === 'declined')).toBe(true)
  })
})

describe('access', () => {
  it('401 without a token, 403 for members, 404 for an unknown one, 400 for no id and no status', async () => {
    for (const verb of ['approve', 'decline'] as const) {
      expect((await decide('nobody', newId(), verb)).status).toBe(401)
      expect((await decide('member', newId(), verb)).status).toBe(403)
      expect((await decide('operator', newId(), verb)).status).toBe(404)
      expect((await decide('operator', 'x', verb)).status).toBe(400)
    }
    expect((await routes.call('nobody', 'GET', '/v1/grant-requests')).status).toBe(401)
    expect((await routes.call('member', 'GET', '/v1/grant-requests')).status).toBe(403)
    expect((await routes.call('operator', 'GET', '/v1/grant-requests?status=x')).status).toBe(400)
  })
})

describe('POST /v1/payments/{id}/refunds of one’s own payment', () => {
  it('403 for the operator who paid, 201 for another', async () => {
    const { paymentId } = await makePayment(routes, { userId: routes.people.operator }, 1200)
    const body = { amountMinor: 100, reason: 'noise' }
    const refused = await routes.call('operator', 'POST', `/v1/payments/${paymentId}/refunds`, { body })
    expect(refused).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } })
    expect((await routes.call('admin', 'POST', `/v1/payments/${paymentId}/refunds`, { body })).status).toBe(201)
  })
})
