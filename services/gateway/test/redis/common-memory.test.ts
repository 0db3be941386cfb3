import { createClient } from '@redis/client'
import { createLogger, newId, Registry } from '@alcove/kit'
import { randomInt } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { createLocalLimiter, createSharedLimiter } from '../../src/clients/limiters.ts'
import { createRedis, type Redis } from '../../src/clients/redis.ts'
import { createSharedAnswers } from '../../src/clients/shared-answers.ts'
import { ClientUsage, generalWindows, toCountedRequest, type Limiter, type Window } from '../../src/domain/rate-limits.ts'
import { createStaleAnswers } from '../../src/stale-answers.ts'
import { buildTestGateway, type TestGateway } from '../build-test-app.ts'

const url = inject('redisUrl')
const redises: Redis[] = []
/** Fails the test if the shared count was ever given up: then nothing here would be proved. */
const noLocal: Limiter = {
  take: () => {
    throw new Error('counted without Redis')
  },
}

async function openRedis(): Promise<Redis> {
  const redis = createRedis({ url, timeoutMs: 5000, log: createLogger({ service: 'gateway', level: 'silent' }), metrics: new Registry() })
  redises.push(redis)
  await redis.start!()
  await expect.poll(() => redis.isUp()).toBe(true)
  return redis
}
const openLimiters = (count: number) => Promise.all(Array.from({ length: count }, async () => createSharedLimiter(await openRedis(), noLocal)))
const newClient = () => ({ key: `person ${newId()}` })
const admin = createClient({ url })

beforeAll(async () => {
  await admin.connect()
})
afterAll(() => admin.destroy())
afterEach(async () => {
  for (const redis of redises.splice(0)) await redis.stop!()
})

describe('limits over three replicas', () => {
  it('let exactly their number through, whatever comes at once', async () => {
    const limiters = await openLimiters(3)
    const windows: Window[] = [
      { name: 'login', requests: 10, windowSeconds: 600 },
      { name: 'many', requests: 1000, windowSeconds: 600 },
    ]
    for (let round = 0; round < 10; round += 1) {
      const client = newClient()
      const verdicts = await Promise.all(Array.from({ length: 300 }, (_, index) => limiters[index % 3]!.take(client, windows)))
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(10)
      const refused = verdicts.find(({ allowed }) => !allowed)!
      expect(refused.tightest).toMatchObject({ window: { name: 'login' }, remaining: 0 })
      expect(refused.tightest.resetSeconds).toBeGreaterThan(500)
    }
  })

  it('say the same as one replica counting alone, request by request', async () => {
    const limiters = await openLimiters(3)
    const alone = new ClientUsage()
    const general = [
      { name: 'a', requests: 7, windowSeconds: 3600 },
      { name: 'b', requests: 12, windowSeconds: 7200 },
    ]
    const asked = { method: 'GET', route: '/api/v1/payments', userId: 'u', source: newClient() }
    const windows = toCountedRequest(general, asked).windows.map((window) => ({ ...window, windowSeconds: Math.max(3600, window.windowSeconds) }))
    const client = newClient()
    for (let count = 0; count < 20; count += 1) {
      const { allowed, tightest } = alone.take(windows, 0)
      const verdict = await limiters[count % 3]!.take(client, windows)
      expect([count, verdict.allowed, verdict.tightest.window.name, verdict.tightest.remaining]).toEqual([
        count,
        allowed,
        tightest.window.name,
        tightest.remaining,
      ])
    }
  })

  it('slide: never more than their number in any stretch of their length, and all of it is used', async () => {
    const limiters = await openLimiters(3)
    const windows: Window[] = [{ name: 'short', requests: 5, windowSeconds: 1 }]
    const client = newClient()
    const allowed: { begunAt: number; endedAt: number }[] = []
    for (let count = 0; allowed.length < 20; count += 1) {
      const begunAt = performance.now()
      const verdict = await limiters[count % 3]!.take(client, windows)
      if (verdict.allowed) allowed.push({ begunAt, endedAt: performance.now() })
    }
    // The sixth was judged before it ended, the first after it began: at least one second lies between the two judgements.
    for (let index = 0; index + 5 < allowed.length; index += 1) expect(allowed[index + 5]!.endedAt - allowed[index]!.begunAt).toBeGreaterThanOrEqual(999)
  })

  it('count nothing that they refuse, in no window', async () => {
    const [limiter] = await openLimiters(1)
    const client = newClient()
    const narrow: Window = { name: 'narrow', requests: 1, windowSeconds: 600 }
    const wide: Window = { name: 'wide', requests: 100, windowSeconds: 600 }
    for (let count = 0; count < 50; count += 1) await limiter!.take(client, [narrow, wide])
    expect((await limiter!.take(client, [wide])).tightest.remaining).toBe(98)
  })

  it('keep one person’s count from another’s, and leave nothing behind', async () => {
    const [limiter] = await openLimiters(1)
    const [one, other] = [newClient(), newClient()]
    await limiter!.take(one, generalWindows)
    expect((await limiter!.take(other, generalWindows)).tightest.remaining).toBe(9)
    const keys = await admin.keys(`alcove:limit:{${one.key}}:*`)
    expect(keys).toHaveLength(generalWindows.length)
    for (const key of keys) expect(await admin.pTTL(key)).toBeGreaterThan(0)
  })

  it('name no more clients in Redis than one replica remembers, however many addresses come', async () => {
    const [limiter] = await openLimiters(1)
    const network = `2001:db8:${randomInt(65_536).toString(16)}::/48`
    const windows: Window[] = [{ name: 'one', requests: 1, windowSeconds: 600 }]
    const verdicts = await Promise.all(Array.from({ length: 1000 }, (_, index) => limiter!.take({ key: `source ${network} ${index}`, network }, windows)))
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(257)
    expect(await admin.keys(`alcove:limit:{*${network}*`)).toHaveLength(257)
  })

  it('go on when the server has forgotten the script', async () => {
    const [limiter] = await openLimiters(1)
    const client = newClient()
    await limiter!.take(client, generalWindows)
    await admin.scriptFlush()
    expect((await limiter!.take(client, generalWindows)).tightest.remaining).toBe(8)
  })
})

describe('two gateways', () => {
  const ageMaxMs = 600_000
  const gateways: TestGateway[] = []
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.close()
  })
  const startGateway = async () => {
    const redis = await openRedis()
    gateways.push(
      await buildTestGateway({
        rateLimits: [{ name: 'many', requests: 1000, windowSeconds: 60 }],
        limiter: createSharedLimiter(redis, createLocalLimiter()),
        answers: createStaleAnswers({ bytesMax: 1_000_000, ageMaxMs, now: Date.now, shared: createSharedAnswers(redis, ageMaxMs) }),
      }),
    )
  }

  it('take ten logins a minute from one client together', async () => {
    await startGateway()
    await startGateway()
    const login = async (index: number) => {
      const gateway = gateways[index % 2]!
      return (await gateway.fetch('/api/v1/auth/login', { method: 'POST', body: '{}' })).status
    }
    const statuses = await Promise.all(Array.from({ length: 30 }, (_, index) => login(index)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(20)
  })

  it('give what one of them read, byte for byte, and not after the reader’s own write', async () => {
    await startGateway()
    await startGateway()
    const userId = newId()
    const [here, there] = await Promise.all(gateways.map((gateway) => gateway.token(['member'], userId, `session of ${userId}`)))
    const path = `/api/v1/bookings?for=${newId()}`
    const text = '{"title":"Zürich \u0000\n ☃"}'
    gateways[0]!.answer('booking', (_request, response) => response.writeHead(200, { 'content-type': 'application/json', etag: '"3"' }).end(text))
    await gateways[0]!.fetch(path, { token: here! })
    await gateways[1]!.kill('booking')
    const read = () => gateways[1]!.fetch(path, { token: there! })
    await expect.poll(async () => (await read()).status).toBe(200)
    const stale = await read()
    expect([stale.headers.get('x-cache'), stale.headers.get('etag'), await stale.text()]).toEqual(['stale', '"3"', text])
    await gateways[0]!.fetch('/api/v1/bookings', { method: 'POST', token: here!, body: '{}' })
    await expect.poll(async () => (await read()).status).toBe(503)
  })
})
