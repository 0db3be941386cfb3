import { accountSessionRevoked } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { buildEvent } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyAccountEvent } from '../src/clients/revocation-feed.ts'
import { listRoutedOperations } from '../src/routing.ts'
import { createStaleAnswers } from '../src/stale-answers.ts'
import { buildTestGateway, type TestGateway, type Upstream } from './build-test-app.ts'

let gateway: TestGateway
/** Moves by itself only where a test moves it. */
let now = 0
let mine: string
beforeEach(async () => {
  now = 1_000_000_000
  const clock = () => now
  gateway = await buildTestGateway({
    now: clock,
    answers: createStaleAnswers({ bytesMax: 4_000_000, ageMaxMs: 600_000, now: clock }),
    clientOptions: { breaker: { resetTimeoutMs: 600_000 } },
  })
  mine = await gateway.token(['member'])
})
afterEach(() => gateway.close())

const bookings = '/api/v1/bookings?status=confirmed'
const spaces = '/api/v1/spaces'
const read = async (path: string, init: Parameters<TestGateway['fetch']>[1] = { token: mine }) => {
  const response = await gateway.fetch(path, init)
  const { headers } = response
  const text = await response.text()
  return { status: response.status, cache: headers.get('x-cache'), age: headers.get('age'), etag: headers.get('etag'), text, headers }
}
const answerWith =
  (text: string, headers: Record<string, string> = {}): Upstream =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text)
const fail =
  (status: number): Upstream =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end('{"dependency":"database"}')

describe('while its service is away', () => {
  const breakers = () => gateway.client.breakers().find(({ callee }) => callee === 'booking')!.state
  const ways: [string, () => unknown][] = [
    ['refuses connections', () => gateway.kill('booking')],
    ['breaks them', () => gateway.answer('booking', (_request, response) => void response.socket!.destroy())],
    ['has lost what it needs itself', () => gateway.answer('booking', fail(503))],
    [
      'breaks off in the middle of saying so',
      () =>
        gateway.answer('booking', (_request, response) => {
          response.writeHead(503, { 'content-length': '1000' })
          response.write('half', () => response.socket!.destroy())
        }),
    ],
    [
      'is behind an open breaker',
      async () => {
        await gateway.kill('booking')
        for (let count = 0; count < 6; count += 1) await gateway.fetch('/api/v1/bookings', { as: ['member'] })
        expect(breakers()).toBe('open')
      },
    ],
    [
      'is ejected',
      async () => {
        await gateway.kill('booking')
        for (let count = 0; count < 3; count += 1) await gateway.probeAll()
      },
    ],
  ]
  it.each(ways)('and %s: a read has its last answer, marked and with its age', async (_name, leave) => {
    gateway.answer('booking', answerWith('{"items":[1]}', { etag: '"7"', 'x-secret': '1' }))
    const fresh = await read(bookings)
    expect(fresh).toMatchObject({ status: 200, cache: null, age: null })
    await leave()
    now += 42_500
    const stale = await read(bookings)
    expect(stale).toMatchObject({ status: 200, cache: 'stale', age: '42', etag: '"7"', text: '{"items":[1]}' })
    expect([stale.headers.get('content-type'), stale.headers.get('x-gateway-service'), stale.headers.get('x-secret')]).toEqual([
      'application/json',
      'booking',
      null,
    ])
  })
  it('and does not answer in the time given: the same', async () => {
    await read(bookings)
    gateway.answer('booking', () => undefined)
    expect(await read(bookings, { token: mine, headers: { 'x-request-deadline-ms': '300' } })).toMatchObject({ status: 200, cache: 'stale' })
  })
  it('what was never read is 503, also where only the query differs', async () => {
    await read(bookings)
    await gateway.kill('booking')
    expect((await read('/api/v1/bookings?status=cancelled')).status).toBe(503)
    expect((await read(bookings)).status).toBe(200)
  })
  it('what is older than the limit is 503', async () => {
    await read(bookings)
    await gateway.kill('booking')
    now += 600_000
    expect((await read(bookings)).status).toBe(503)
  })
  it('HEAD has the same head and no body', async () => {
    gateway.answer('booking', answerWith('{"items":[1]}', { etag: '"7"' }))
    await read(bookings)
    await gateway.kill('booking')
    expect(await read(bookings, { token: mine, method: 'HEAD' })).toMatchObject({ status: 200, cache: 'stale', etag: '"7"', text: '' })
  })
  it('who has it already is told so: 304', async () => {
    gateway.answer('booking', answerWith('{"items":[1]}', { etag: '"7"' }))
    await read(bookings)
    await gateway.kill('booking')
    const ask = (tag: string) => read(bookings, { token: mine, headers: { 'if-none-match': tag } })
    expect(await ask('"6", W/"7"')).toMatchObject({ status: 304, cache: 'stale', etag: '"7"', text: '' })
    expect((await ask('"6"')).status).toBe(200)
  })
  it('who wants nothing of it stored has nothing stored and gets nothing that was: 503', async () => {
    const ask = (wish: string) => read(bookings, { token: mine, headers: { 'cache-control': wish } })
    await ask('no-store')
    await gateway.kill('booking')
    expect((await read(bookings)).status).toBe(503)
    await gateway.revive('booking')
    await gateway.probeAll()
    expect((await read(bookings)).status).toBe(200)
    await gateway.kill('booking')
    expect([(await ask('max-age=0, no-store')).status, (await ask('no-cache')).status]).toEqual([503, 200])
  })
  it('its own words are passed on where there is nothing better', async () => {
    gateway.answer('booking', fail(503))
    expect(await read(bookings)).toMatchObject({ status: 503, cache: null, text: '{"dependency":"database"}' })
  })
})

describe('while its service is there', () => {
  it('every read asks it', async () => {
    for (const text of ['1', '2', '3']) {
      gateway.answer('booking', answerWith(text))
      expect(await read(bookings)).toMatchObject({ cache: null, text })
    }
  })
  it('a fault of its own is told, not covered: 500', async () => {
    await read(bookings)
    gateway.answer('booking', fail(500))
    expect((await read(bookings)).status).toBe(500)
  })
  it('what it takes back is not given any more', async () => {
    await read(bookings)
    gateway.answer('booking', fail(404))
    expect((await read(bookings)).status).toBe(404)
    await gateway.kill('booking')
    expect((await read(bookings)).status).toBe(503)
  })
  it.each([
    ['must not be stored', { 'cache-control': 'no-store' }],
    ['must be asked for again', { 'cache-control': 'private, no-cache' }],
    ['sets a cookie', { 'set-cookie': 'a=1' }],
    ['depends on more than the gateway compares', { vary: 'accept-language' }],
  ])('an answer that %s is not kept, nor what was kept before it', async (_name, headers) => {
    await read(bookings)
    gateway.answer('booking', answerWith('{}', headers as Record<string, string>))
    await read(bookings)
    await gateway.kill('booking')
    expect((await read(bookings)).status).toBe(503)
  })
  it('an answer beyond 256 KiB is passed on whole and not kept', async () => {
    gateway.answer('booking', answerWith('x'.repeat(256 * 1024 + 1)))
    expect((await read(bookings)).text).toHaveLength(256 * 1024 + 1)
    await gateway.kill('booking')
    expect((await read(bookings)).status).toBe(503)
  })
  it('half an answer is not kept', async () => {
    gateway.answer('booking', (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.socket!.destroy())
    })
    await expect(read(bookings)).rejects.toThrow()
    await gateway.kill('booking')
    expect((await read(bookings)).status).toBe(503)
  })
})

describe('another person', () => {
  it('never sees what one read for oneself, nor does another session or another role of the same person', async () => {
    const [userId, sessionId] = [newId(), newId()]
    const token = await gateway.token(['member'], userId, sessionId)
    await read(bookings, { token })
    await gateway.kill('booking')
    for (const other of [await gateway.token(), await gateway.token(['member'], userId), await gateway.token(['operator'], userId, sessionId)]) {
      expect((await read(bookings, { token: other })).status).toBe(503)
    }
    // A new token of the same session is the same person in the same rights.
    expect((await read(bookings, { token: await gateway.token(['member'], userId, sessionId) })).cache).toBe('stale')
  })
  it('sees what is the same for everybody, with a token and not without', async () => {
    await read(spaces)
    await gateway.kill('workspace')
    expect((await read(spaces, { as: ['member'] })).cache).toBe('stale')
    expect((await read(spaces, {})).status).toBe(401)
  })
  it('of lower rights never sees what only operators may read', async () => {
    const reports = '/api/v1/reports/utilisation?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z'
    await read(reports, { as: ['operator'] })
    await gateway.kill('reporting')
    expect((await read(reports)).status).toBe(503)
  })
  it('no rule shares an answer that needs a role', () => {
    const shared = listRoutedOperations().filter(({ rule, operation }) => rule.stale === 'everybody' && operation.method === 'GET')
    expect(shared.length).toBeGreaterThan(5)
    for (const { operation } of shared) expect([operation.id, operation.access]).toEqual([operation.id, 'user'])
  })
  it('an ended session sees nothing at all: 401', async () => {
    const [userId, sessionId] = [newId(), newId()]
    const token = await gateway.token(['member'], userId, sessionId)
    await read(bookings, { token })
    await gateway.kill('booking')
    expect((await read(bookings, { token })).status).toBe(200)
    applyAccountEvent(gateway.revocations, buildEvent(accountSessionRevoked, { userId, version: 2, sessionId, revokedAt: new Date().toISOString() }))
    expect((await read(bookings, { token })).status).toBe(401)
  })
})

describe('writes', () => {
  const write = (path = '/api/v1/bookings', token = mine) => gateway.fetch(path, { method: 'POST', token, body: '{}' })
  it('are never answered from what was kept, nor are reads of money, sessions and the operator’s view', async () => {
    const others = ['/api/v1/payments', '/api/v1/wallets/me', '/api/v1/auth/sessions', '/api/v1/admin/services', '/.well-known/jwks.json']
    await write()
    for (const path of others) expect([path, (await read(path)).status]).toEqual([path, 200])
    for (const service of ['booking', 'payment', 'auth', 'admin'] as const) await gateway.kill(service)
    expect((await write()).status).toBe(503)
    for (const path of others) expect([path, (await read(path)).status]).toEqual([path, 503])
  })
  it('hide from who made them what was read of that service before, and only from them', async () => {
    const other = await gateway.token()
    const bookingRead = [mine, other].map((token) => read(bookings, { token }))
    await Promise.all([...bookingRead, read(spaces)])
    now += 1
    await write()
    for (const service of ['booking', 'workspace'] as const) await gateway.kill(service)
    expect((await read(bookings)).status).toBe(503)
    expect((await read(bookings, { token: other })).cache).toBe('stale')
    expect((await read(spaces)).cache).toBe('stale')
  })
  it('whose answer was lost count as made', async () => {
    await read(bookings)
    now += 1
    gateway.answer('booking', (_request, response) => void response.socket!.destroy())
    await write()
    expect((await read(bookings)).status).toBe(503)
  })
  it.each([
    ['were refused', '/api/v1/bookings', fail(409)],
    ['only ask', '/api/v1/bookings/check', answerWith('{}')],
  ])('that %s hide nothing', async (_name, path, upstream) => {
    await read(bookings)
    now += 1
    gateway.answer('booking', upstream)
    await write(path)
    await gateway.kill('booking')
    expect((await read(bookings)).cache).toBe('stale')
  })
  it('that certainly never arrived hide nothing', async () => {
    await read(bookings)
    now += 1
    await gateway.kill('booking')
    expect((await write()).status).toBe(503)
    expect((await read(bookings)).cache).toBe('stale')
  })
})
