import { newId } from '@alcove/kit'
import { afterEach, describe, expect, it } from 'vitest'
import { ClientUsage, generalWindows, listWindows, parseRateLimits } from '../src/domain/rate-limits.ts'
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
  it('add a tighter one for payments and login only', () => {
    const names = (path: string) => listWindows(generalWindows, path)[0]!.name
    expect([names('/api/v1/payments'), names('/api/v1/payments/1/refunds'), names('/api/v1/auth/login')]).toEqual(['payments', 'payments', 'login'])
    expect([names('/api/v1/paymentsx'), names('/api/v1/auth/refresh'), names('/api/v1/wallets/me')]).toEqual(['second', 'second', 'second'])
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
