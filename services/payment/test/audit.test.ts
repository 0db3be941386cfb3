import { newId } from '@alcove/kit'
import { listAudited, readAudits } from '@alcove/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makePayment, startRoutes, type Routes } from './routes.ts'

let routes: Routes
beforeAll(async () => {
  routes = await startRoutes({ fourEyes: true })
})
afterAll(() => routes.stop())

const from = async (requestId: string) => ({
  ...(await routes.tokens.asService('gateway')),
  'x-forwarded-for': '198.51.100.7',
  'x-request-id': requestId,
})
const acts: Record<string, (requestId: string) => Promise<{ action: string; subject: string; person?: string; before: object; after: object }>> = {
  async 'create-refund'(requestId) {
    const { paymentId } = await makePayment(routes, { userId: routes.people.member }, 1200)
    const body = { amountMinor: 500, reason: 'Secret plans' }
    expect((await routes.call('operator', 'POST', `/v1/payments/${paymentId}/refunds`, { body, headers: await from(requestId) })).status).toBe(201)
    const nothing = { refundedMinor: 0, refundedCredits: 0 }
    return { action: 'payment.refunded', subject: paymentId, before: nothing, after: { ...nothing, refundedMinor: 500 } }
  },
  async 'create-grant'(requestId) {
    const { id } = (await routes.call('member', 'GET', '/v1/wallets/me')).body
    const body = { amountCredits: 7, reason: 'Secret plans' }
    expect((await routes.call('operator', 'POST', `/v1/wallets/${id}/grants`, { body, headers: await from(requestId) })).status).toBe(201)
    return { action: 'wallet.granted', subject: id, before: { balanceCredits: 0 }, after: { balanceCredits: 7 } }
  },
  async 'approve-grant-request'(requestId) {
    const { id, request } = await askForAdmin()
    expect((await routes.call('operator', 'POST', `/v1/grant-requests/${request}/approve`, { headers: await from(requestId) })).status).toBe(200)
    return { action: 'wallet.granted', subject: id, person: routes.people.admin, before: { balanceCredits: 0 }, after: { balanceCredits: 3 } }
  },
  async 'decline-grant-request'(requestId) {
    const { id, request } = await askForAdmin()
    expect((await routes.call('operator', 'POST', `/v1/grant-requests/${request}/decline`, { headers: await from(requestId) })).status).toBe(200)
    return { action: 'wallet.grant-declined', subject: id, person: routes.people.admin, before: { status: 'pending' }, after: { status: 'declined' } }
  },
}

/** Credits that an admin asked for themselves. */
async function askForAdmin() {
  const { id } = (await routes.call('admin', 'GET', '/v1/wallets/me')).body
  const asked = await routes.call('admin', 'POST', `/v1/wallets/${id}/grants`, { body: { amountCredits: 3, reason: 'Secret plans' } })
  expect(asked.status).toBe(202)
  return { id, request: asked.body.id }
}

it('every audited operation has its act here', () => {
  expect(Object.keys(acts).sort()).toEqual(
    listAudited('payment')
      .map(([id]) => id)
      .sort(),
  )
})

it.each(Object.keys(acts))('%s: the log names operator and member, the request, and what changed; never words', async (id) => {
  const requestId = `r-${newId()}`
  const expected = await acts[id]!(requestId)
  const [entry, ...more] = await readAudits(routes.pool, requestId)
  expect(more).toEqual([])
  expect(entry).toMatchObject({ person: routes.people.member, ...expected, actor: { type: 'user', id: routes.people.operator }, address: '198.51.100.7' })
  const written = JSON.stringify((await routes.pool.query('SELECT data FROM outbox')).rows)
  expect(written).not.toContain('Secret plans')
  expect(written).not.toContain('198.51.100.7')
})
