import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireCredits } from '../src/jobs/expire-credits.ts'
import { makePayment, startRoutes, type Routes } from './routes.ts'

let routes: Routes
beforeAll(async () => {
  routes = await startRoutes()
})
afterAll(() => routes.stop())

type Who = Parameters<Routes['call']>[0]
const myWallet = async (who: Who) => (await routes.call(who, 'GET', '/v1/wallets/me')).body
const grant = (who: Who, id: string, body: object, key?: string) =>
  routes.call(who, 'POST', `/v1/wallets/${id}/grants`, { body, headers: key ? { 'idempotency-key': key } : {} })
const inHours = (hours: number) => new Date(routes.clock.now().getTime() + hours * 3_600_000).toISOString()

describe('GET /v1/wallets/me', () => {
  it('200 makes the wallet on first sight, one per person however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => routes.call('admin', 'GET', '/v1/wallets/me')))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 200, body: { userId: routes.people.admin, balanceCredits: 0, buckets: [] } })
  })

  it('401 without a token', async () => {
    expect((await routes.call('nobody', 'GET', '/v1/wallets/me')).status).toBe(401)
  })
})

describe('GET /v1/wallets/{id}', () => {
  it('200 for the owner and for operators, who may name it by its owner', async () => {
    const { id, userId } = await myWallet('member')
    for (const who of ['member', 'operator', 'admin'] as const) expect((await routes.call(who, 'GET', `/v1/wallets/${id}`)).body).toMatchObject({ id, userId })
    expect((await routes.call('operator', 'GET', `/v1/wallets/${userId}`)).body).toMatchObject({ id })
  })

  it('404 for others and for an unknown id, 401 without a token, 400 for no id', async () => {
    const { id } = await myWallet('member')
    expect((await routes.call('other', 'GET', `/v1/wallets/${id}`)).status).toBe(404)
    expect((await routes.call('operator', 'GET', `/v1/wallets/${newId()}`)).status).toBe(404)
    expect((await routes.call('nobody', 'GET', `/v1/wallets/${id}`)).status).toBe(401)
    expect((await routes.call('member', 'GET', '/v1/wallets/x')).status).toBe(400)
  })
})

describe('POST /v1/wallets/{id}/grants', () => {
  it('201 adds a bucket, with ledger, event and audit', async () => {
    const { id } = await myWallet('member')
    const expiresAt = inHours(24)
    const answer = await grant('operator', id, { amountCredits: 15, reason: 'welcome', expiresAt })
    expect(answer).toMatchObject({ status: 201, headers: { location: `/v1/wallets/${id}` } })
    expect(answer.body).toMatchObject({ id, balanceCredits: 15, buckets: [{ source: 'grant', balanceCredits: 15, expiresAt: `${expiresAt.slice(0, 19)}Z` }] })
    const { rows } = await routes.pool.query("SELECT type, data FROM outbox WHERE key = $1 OR data->>'subject' = $1 ORDER BY seq", [id])
    expect(rows.map(({ type }) => type)).toEqual(['payment.wallet-credited.v1', 'audit.recorded.v1'])
    expect(rows[0].data).toMatchObject({ version: 1, balanceCredits: 15, amountCredits: 15, kind: 'grant' })
    expect(JSON.stringify(rows)).not.toContain('welcome')
  })

  it('201 once for the same key; 422 for another body', async () => {
    const { id } = await myWallet('other')
    const answers = await Promise.all(Array.from({ length: 10 }, () => grant('operator', id, { amountCredits: 7, reason: 'x' }, 'k')))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201))
    expect((await myWallet('other')).balanceCredits).toBe(7)
    expect((await grant('operator', id, { amountCredits: 8, reason: 'x' }, 'k')).status).toBe(422)
    routes.clock.advance({ hours: 25 })
    expect((await grant('operator', id, { amountCredits: 8, reason: 'x' }, 'k')).status).toBe(201)
    expect((await myWallet('other')).balanceCredits).toBe(15)
  })

  it('401, 403 for members, 404 unknown, 400 for an expiry that has passed and for every broken field', async () => {
    const { id } = await myWallet('member')
    const body = { amountCredits: 1, reason: 'x' }
    expect((await grant('nobody', id, body)).status).toBe(401)
    expect((await grant('member', id, body)).status).toBe(403)
    expect((await grant('operator', newId(), body)).status).toBe(404)
    expect((await grant('operator', id, { ...body, expiresAt: inHours(-1) })).body.errors).toMatchObject([{ pointer: '/expiresAt' }])
    const answer = await grant('operator', id, { amountCredits: -1, expiresAt: 'soon' })
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual(['/amountCredits', '/expiresAt', '/reason'])
  })
})

describe('GET /v1/wallets/{id}/transactions', () => {
  it('200 newest first, and their sum is the balance after grant, reservation, release, refund and expiry', async () => {
    const { id } = await myWallet('operator')
    const account = `wallet:${id}`
    const userId = routes.people.operator
    await grant('operator', id, { amountCredits: 10, reason: 'x', expiresAt: inHours(2) })
    await grant('operator', id, { amountCredits: 50, reason: 'x' })
    await makePayment(routes, { userId, method: 'credits', amountCredits: 25 }, 20)
    await makePayment(routes, { userId, method: 'credits', amountCredits: 5 }, 0)
    const { paymentId } = await makePayment(routes, { userId, method: 'credits', amountCredits: 6 }, 6)
    await routes.call('operator', 'POST', `/v1/payments/${paymentId}/refunds`, { body: { amountCredits: 2, reason: 'x' } })
    await grant('operator', id, { amountCredits: 9, reason: 'x', expiresAt: inHours(1) })
    routes.clock.advance({ hours: 3 })
    await expireCredits({ wallets: routes.wallets, now: () => routes.clock.now(), onExpired: () => undefined }, new AbortController().signal)

    const items: { at: string; kind: string; debitAccount: string; creditAccount: string; amountCredits: number }[] = []
    let cursor: string | null = null
    do {
      const { status, body } = await routes.call('operator', 'GET', `/v1/wallets/${id}/transactions?limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      expect(status).toBe(200)
      items.push(...body.items)
      cursor = body.nextCursor
    } while (cursor)
    expect(items.map(({ at }) => at)).toEqual(
      items
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    )
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['grant', 'reserve', 'release', 'refund', 'expiry']))
    const sum = items.reduce(
      (total, item) => total + (item.creditAccount === account ? item.amountCredits : 0) - (item.debitAccount === account ? item.amountCredits : 0),
      0,
    )
    const wallet = (await routes.call('operator', 'GET', `/v1/wallets/${id}`)).body
    expect(wallet.balanceCredits).toBe(sum)
    expect(wallet.buckets).toEqual([{ source: 'grant', balanceCredits: sum }])
    expect(sum).toBe(36)
  })

  const expire = () => expireCredits({ wallets: routes.wallets, now: () => routes.clock.now(), onExpired: () => undefined }, new AbortController().signal)
  const transfers = async (id: string) => (await routes.call('operator', 'GET', `/v1/wallets/${id}/transactions`)).body.items

  it('returns credits whose bucket has expired for 30 days in a bucket of their own, and the others into the bucket they came from', async () => {
    const { id } = await myWallet('admin')
    await grant('operator', id, { amountCredits: 10, reason: 'x', expiresAt: inHours(1) })
    await grant('operator', id, { amountCredits: 4, reason: 'x' })
    const { paymentId } = await makePayment(routes, { userId: routes.people.admin, method: 'credits', amountCredits: 12 }, 12)
    routes.clock.advance({ hours: 2 })
    await expire()
    const refund = (amountCredits: number) => routes.call('operator', 'POST', `/v1/payments/${paymentId}/refunds`, { body: { amountCredits, reason: 'x' } })
    expect((await refund(5)).status).toBe(201)
    const until = `${inHours(30 * 24).slice(0, 19)}Z`
    const buckets = [
      { source: 'returned', balanceCredits: 3, expiresAt: until },
      { source: 'grant', balanceCredits: 4 },
    ]
    expect(await myWallet('admin')).toMatchObject({ balanceCredits: 7, buckets })
    await expire()
    expect(await myWallet('admin')).toMatchObject({ balanceCredits: 7, buckets })
    expect((await transfers(id)).slice(0, 2)).toMatchObject([
      { kind: 'refund', debitAccount: 'revenue:credits', creditAccount: `wallet:${id}`, amountCredits: 3 },
      { kind: 'refund', creditAccount: `wallet:${id}`, amountCredits: 2 },
    ])
    // What came back once does not come back twice, and the rest still can.
    expect((await refund(8)).status).not.toBe(201)
    expect((await refund(7)).status).toBe(201)
    expect((await myWallet('admin')).balanceCredits).toBe(14)
    // Spendable, and after its days gone, with a row that says so.
    expect((await makePayment(routes, { userId: routes.people.admin, method: 'credits', amountCredits: 6 }, 6)).paymentId).toBeDefined()
    routes.clock.advance({ hours: 30 * 24 })
    await expire()
    expect((await transfers(id))[0]).toMatchObject({ kind: 'expiry', creditAccount: 'expired:credits' })
    expect(await myWallet('admin')).toMatchObject({ balanceCredits: 4, buckets: [{ source: 'grant', balanceCredits: 4 }] })
  })

  it('returns what a voided or shortened reservation gives back after the bucket expired, likewise', async () => {
    const userId = newId()
    const { rows } = await routes.pool.query<{ id: string }>('SELECT ensure_wallet($1, $2) AS id', [userId, routes.clock.now()])
    const id = rows[0]!.id
    await grant('operator', id, { amountCredits: 10, reason: 'x', expiresAt: inHours(1) })
    const { bookingId, attemptId } = await makePayment(routes, { userId, method: 'credits', amountCredits: 10 })
    routes.clock.advance({ hours: 2 })
    await expire()
    await routes.deliverTarget({ bookingId, version: 2, attempts: [{ attemptId, method: 'credits', keepCredits: 4 }] })
    await routes.settleAll()
    const wallet = (await routes.call('operator', 'GET', `/v1/wallets/${id}`)).body
    expect(wallet).toMatchObject({ balanceCredits: 6, buckets: [{ source: 'returned', balanceCredits: 6, expiresAt: `${inHours(30 * 24).slice(0, 19)}Z` }] })
    expect((await transfers(id))[0]).toMatchObject({ kind: 'release', amountCredits: 6 })
  })

  it('404 for others, 401 without a token', async () => {
    const { id } = await myWallet('member')
    expect((await routes.call('other', 'GET', `/v1/wallets/${id}/transactions`)).status).toBe(404)
    expect((await routes.call('nobody', 'GET', `/v1/wallets/${id}/transactions`)).status).toBe(401)
  })
})

describe('the ledger', () => {
  it('is only appended to, and moves nothing from an account to itself', async () => {
    const { id } = await myWallet('member')
    await grant('operator', id, { amountCredits: 3, reason: 'x' })
    await expect(routes.pool.query('UPDATE ledger_entry SET amount = 4 WHERE wallet_id = $1', [id])).rejects.toThrow('only appended')
    await expect(routes.pool.query('DELETE FROM ledger_entry WHERE wallet_id = $1', [id])).rejects.toThrow('only appended')
    await expect(routes.pool.query('UPDATE wallet SET balance_credits = -1 WHERE id = $1', [id])).rejects.toThrow('check constraint')
  })
})
