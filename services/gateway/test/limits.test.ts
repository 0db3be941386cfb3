import { newId, readSource } from '@alcove/kit'
import { afterEach, describe, expect, it } from 'vitest'
import { createLocalLimiter } from '../src/clients/limiters.ts'
import { ClientTable } from '../src/domain/client-table.ts'
import { ClientUsage, generalWindows, parseRateLimits, toCountedRequest } from '../src/domain/rate-limits.ts'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'

let gateway: TestGateway | undefined
afterEach(async () => {
  await gateway?.close()
  gateway = undefined
})

describe('windows', () => {
  it('allow exactly their number in any stretch of their length', () => {
    const usage = new ClientUsage()
    const at = (ms: number) => usage.take(generalWindows, ms).allowed
    expect(Array.from({ length: 12 }, (_, index) => at(500 + index))).toEqual([...Array(10).fill(true), false, false])
    // The first ten leave the window one after another, not all at a boundary of the clock.
    expect(at(1000)).toBe(false)
    expect(at(1500)).toBe(true)
    expect(at(1500.5)).toBe(false)
    expect(at(1501)).toBe(true)
  })
  it('hold 100 in ten seconds and 1,000 in a minute at a steady pace', () => {
    const usage = new ClientUsage()
    let allowed = 0
    for (let ms = 0; ms < 9999; ms += 50) if (usage.take(generalWindows.slice(1), ms).allowed) allowed += 1
    expect(allowed).toBe(100)
    const steady = new ClientUsage()
    let inMinute = 0
    for (let ms = 0; ms < 60_000; ms += 40) if (steady.take(generalWindows.slice(2), ms).allowed) inMinute += 1
    expect(inMinute).toBe(1000)
  })
  it('do not count what they refuse', () => {
    const usage = new ClientUsage()
    for (let count = 0; count < 500; count += 1) usage.take(generalWindows, 0)
    expect(usage.take(generalWindows, 1000).allowed).toBe(true)
  })
  it('say what is left and when the oldest request leaves', () => {
    const usage = new ClientUsage()
    expect(usage.take(generalWindows, 0).tightest).toMatchObject({ remaining: 9, resetSeconds: 1, window: { name: 'second' } })
    for (let count = 0; count < 9; count += 1) usage.take(generalWindows, 200)
    expect(usage.take(generalWindows, 300)).toMatchObject({ allowed: false, tightest: { remaining: 0, resetSeconds: 1 } })
  })
  it('are read from RATE_LIMITS', () => {
    expect(parseRateLimits('off')).toBeUndefined()
    expect(parseRateLimits('')).toBe(generalWindows)
    expect(parseRateLimits('50/s,2000/min,7/30s,9/h')!.map(({ requests, windowSeconds }) => [requests, windowSeconds])).toEqual([
      [50, 1],
      [2000, 60],
      [7, 30],
      [9, 3600],
    ])
  })
  it('add a tighter one for payments, login and what sends mails only, by route', () => {
    const source = { key: 'source 203.0.113.7', network: '203.0.113.0/24' }
    const count = (route?: string) => toCountedRequest(generalWindows, { method: 'POST', route, userId: 'u', source })
    const names = (route?: string) => count(route).windows[0]!.name
    expect([names('/api/v1/payments'), names('/api/v1/payments/:id/refunds'), names('/api/v1/auth/login')]).toEqual(['payments', 'payments', 'login'])
    for (const [route, window] of [
      ['/api/v1/auth/register', 'register'],
      ['/api/v1/auth/password/forgot', 'forgot'],
    ] as const) {
      expect(count(route).windows[0]).toEqual({ name: window, requests: 5, windowSeconds: 60 })
      expect(count(route).client.key).toBe('source 203.0.113.7')
    }
    expect([names('/api/v1/paymentsx'), names('/api/v1/auth/refresh'), names('/api/v1/wallets/me'), names()]).toEqual(Array(4).fill('second'))
    expect([count('/api/v1/payments').client.key, count('/api/v1/auth/login').client.key]).toEqual(['person u', 'source 203.0.113.7'])
  })
})

describe('clients', () => {
  const one = { name: 'one', requests: 1, windowSeconds: 600 }
  const from = (address: string) => {
    const { client, network } = readSource(address)!
    return { key: `source ${client}`, network }
  }
  it('who rotate through more addresses than are remembered end nobody’s count, not even their own', () => {
    const limiter = createLocalLimiter()
    const take = (address: string) => limiter.take(from(address), [one]).allowed
    expect([take('203.0.113.7'), limiter.take({ key: 'person u' }, [one]).allowed]).toEqual([true, true])
    // One /48 has 65,536 of them; a provider's /32 as many /48.
    const rotate = (index: number) => `2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::1`
    const allowed = Array.from({ length: 40_000 }, (_, index) => take(rotate(index))).filter(Boolean).length
    expect([take('203.0.113.7'), limiter.take({ key: 'person u' }, [one]).allowed, take(rotate(0))]).toEqual([false, false, false])
    // Each that is remembered by itself, and then one for each of the entries that newcomers share.
    expect(allowed).toBeLessThan(20_000 + 4096)
  })
  it('of one network share one count beyond the first 256, and take no room from others', () => {
    const limiter = createLocalLimiter()
    const take = (address: string) => limiter.take(from(address), [one]).allowed
    const allowed = Array.from({ length: 1000 }, (_, index) => take(`2001:db8:7:${index.toString(16)}::1`)).filter(Boolean).length
    expect(allowed).toBe(257)
    expect(take('2001:db8:8::1')).toBe(true)
  })
  it('are forgotten when nothing they used counts any more', () => {
    const table = new ClientTable({ clientsMax: 10, networkClientsMax: 10, seed: 1, create: (name) => ({ name }) })
    const get = (key: string, nowMs: number) => table.get({ key }, { nowMs, keptMs: 1000 }).name
    for (let index = 0; index < 10; index += 1) get(`first ${index}`, 0)
    expect(get('late', 999)).toMatch(/^shared /)
    expect(get('first 0', 1000)).toBe('first 0')
    expect(get('later', 2000)).toBe('later')
    expect(table.size).toBe(2)
    expect(get('much later', 9000)).toBe('much later')
    expect(table.size).toBe(1)
  })
  it('of a network stay counted as such while they go on', () => {
    const table = new ClientTable({ clientsMax: 1000, networkClientsMax: 2, seed: 1, create: (name) => ({ name }) })
    const get = (key: string, nowMs: number) => table.get({ key, network: 'n' }, { nowMs, keptMs: 1000 }).name
    for (let turn = 0; turn < 5; turn += 1) {
      expect([get('a', turn * 1000), get('b', turn * 1000), get(`new ${turn}`, turn * 1000)]).toEqual(['a', 'b', 'network n'])
    }
  })
})

describe('at the edge', () => {
  it('the eleventh request in a second is refused with 429, for that person only', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'second', requests: 10, windowSeconds: 600 }] })
    const [mine, other] = [await gateway.token(['member'], newId()), await gateway.token(['member'], newId())]
    const responses = []
    for (let count = 0; count < 11; count += 1) responses.push(await gateway.fetch('/api/v1/bookings', { token: mine }))
    expect(responses.map((response) => response.status)).toEqual([...Array(10).fill(200), 429])
    expect(responses[3]!.headers.get('ratelimit-policy')).toBe('"second";q=10;w=600')
    expect(responses[3]!.headers.get('ratelimit')).toMatch(/^"second";r=6;t=\d+$/)
    const refused = responses[10]!
    expect(await refused.json()).toMatchObject({ type: '/problems/rate-limited', status: 429 })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await gateway.fetch('/api/v1/bookings', { token: other })).status).toBe(200)
    expect(gateway.seen).toHaveLength(11)
  })
  it('login and payments are refused at the eleventh within a minute, everything else goes on', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'many', requests: 1000, windowSeconds: 60 }] })
    const statuses = []
    for (let count = 0; count < 11; count += 1) statuses.push((await gateway.fetch('/api/v1/auth/login', { method: 'POST', body: '{}' })).status)
    expect(statuses).toEqual([...Array(10).fill(200), 429])
    const token = await gateway.token()
    const payments = []
    for (let count = 0; count < 11; count += 1) payments.push((await gateway.fetch('/api/v1/payments', { token })).status)
    expect(payments).toEqual([...Array(10).fill(200), 429])
    expect((await gateway.fetch('/api/v1/bookings', { token })).status).toBe(200)
  })
  it.each([
    ['/%61pi/v1/auth/login', '/%61pi/v1/payments'],
    ['/api/v1/auth/%6cogin', '/api/v1/p%61yments'],
    ['/api/v1/auth/login#', '/api/v1/payments#/x'],
    ['/api/v1/auth/login?x=1#', '/api/v1/payments?limit=5'],
    ['http://any.host/api/v1/auth/login', 'HTTP://any.host:99/api/v1/payments'],
  ])('%s and %s are no other routes than they are in plain', async (login, payments) => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'many', requests: 1000, windowSeconds: 60 }] })
    const ask = async (target: string, method: string, headers = {}) => (await gateway!.ask(target, { method, headers })).status
    for (let count = 0; count < 10; count += 1) await ask('/api/v1/auth/login', 'POST')
    expect(await ask(login, 'POST')).toBe(429)
    const headers = { authorization: `Bearer ${await gateway.token()}` }
    for (let count = 0; count < 10; count += 1) await ask('/api/v1/payments', 'GET', headers)
    expect(await ask(payments, 'GET', headers)).toBe(429)
  })
  it('logins count by source, whatever token comes along', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'many', requests: 1000, windowSeconds: 60 }] })
    const statuses = []
    for (let count = 0; count < 11; count += 1)
      statuses.push((await gateway.fetch('/api/v1/auth/login', { method: 'POST', body: '{}', as: ['member'] })).status)
    expect(statuses).toEqual([...Array(10).fill(200), 429])
  })
  it('a client is one /64, and a mapped address is its IPv4', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'few', requests: 1, windowSeconds: 600 }], trustedProxyHops: 1 })
    const isLimited = async (address: string) => (await gateway!.fetch('/api/v1/openapi.json', { headers: { 'x-forwarded-for': address } })).status === 429
    expect([await isLimited('2001:db8::1'), await isLimited('2001:db8::ffff:ffff:ffff:ffff'), await isLimited('2001:db8:0:1::1')]).toEqual([false, true, false])
    expect([await isLimited('203.0.113.7'), await isLimited('::ffff:203.0.113.7'), await isLimited('::ffff:cb00:7107')]).toEqual([false, true, true])
    // What no proxy writes is not believed: then the connection counts.
    expect([await isLimited('anything'), await isLimited('anything else'), await isLimited('')]).toEqual([false, true, true])
  })
  it('what no route matches counts too', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'few', requests: 2, windowSeconds: 600 }] })
    const statuses = []
    for (const path of ['/nothing', '/api/v1/nothing', '/else']) statuses.push((await gateway.ask(path)).status)
    expect(statuses).toEqual([404, 404, 429])
  })
  it('who is not recognised counts by address, also with a bad token', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'few', requests: 2, windowSeconds: 600 }] })
    const statuses = []
    for (const token of ['bad1', 'bad2', 'bad3']) statuses.push((await gateway.fetch('/api/v1/bookings', { token })).status)
    expect(statuses).toEqual([401, 401, 429])
    expect((await gateway.fetch('/api/v1/bookings', { as: ['member'] })).status).toBe(200)
  })
  it('believes X-Forwarded-For only as far as proxies are trusted', async () => {
    const rateLimits = [{ name: 'few', requests: 1, windowSeconds: 600 }]
    const from = async (address: string) => (await gateway!.fetch('/api/v1/health', { headers: { 'x-forwarded-for': address } })).status
    gateway = await buildTestGateway({ rateLimits })
    await from('1.1.1.1')
    expect(await from('2.2.2.2')).toBe(429)
    await gateway.close()
    gateway = await buildTestGateway({ rateLimits, trustedProxyHops: 1 })
    await from('9.9.9.9, 1.1.1.1')
    expect(await from('9.9.9.9, 2.2.2.2')).not.toBe(429)
    expect(await from('8.8.8.8, 1.1.1.1')).toBe(429)
  })
  it('the demo’s Job is not counted, and whoever only claims to be it is', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'few', requests: 1, windowSeconds: 600 }] })
    gateway.app.alcove.demoClockSecret = 'the-secret-of-the-demo'
    const as = async (secret: string) =>
      (await gateway!.fetch('/api/v1/auth/login', { method: 'POST', body: '{}', headers: { 'x-demo-clock': `${secret} 2026-01-01T00:00:00Z` } })).status
    for (let count = 0; count < 3; count += 1) expect(await as('the-secret-of-the-demo')).not.toBe(429)
    expect(await as('another-secret-of-them')).not.toBe(429)
    expect(await as('another-secret-of-them')).toBe(429)
    gateway.app.alcove.demoClockSecret = ''
    expect(await as('')).toBe(429)
  })
  it('probes are never refused, and no limit means no header', async () => {
    gateway = await buildTestGateway({ rateLimits: [{ name: 'few', requests: 1, windowSeconds: 600 }] })
    for (let count = 0; count < 3; count += 1) expect((await gateway.fetch('/health')).status).toBe(200)
    await gateway.close()
    gateway = await buildTestGateway()
    expect((await gateway.fetch('/api/v1/bookings', { as: ['member'] })).headers.get('ratelimit')).toBeNull()
  })
})
