import { createLogger, newId, Registry } from '@alcove/kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalLimiter, createSharedLimiter } from '../src/clients/limiters.ts'
import { createRedis, type Redis } from '../src/clients/redis.ts'
import { createSharedAnswers } from '../src/clients/shared-answers.ts'
import { createStaleAnswers } from '../src/stale-answers.ts'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'
import { startFakeRedis, type FakeRedis } from './fake-redis.ts'

const rateLimits = [{ name: 'few', requests: 10, windowSeconds: 600 }]
const ageMaxMs = 600_000
let fake: FakeRedis
let replicas: { gateway: TestGateway; redis: Redis; metrics: Registry; lines: string[] }[] = []
/** Both replicas see the same people. */
let userId: string

async function startReplica(): Promise<void> {
  const metrics = new Registry()
  const lines: string[] = []
  const log = createLogger({ service: 'gateway', level: 'info', destination: { write: (line) => void lines.push(line) } })
  const redis = createRedis({ url: fake.url.replace('//', '//user:secret@'), timeoutMs: 100, log, metrics })
  await redis.start!()
  const gateway = await buildTestGateway({
    rateLimits,
    limiter: createSharedLimiter(redis, createLocalLimiter()),
    redisState: () => (redis.isUp() ? 'up' : 'away'),
    answers: createStaleAnswers({ bytesMax: 1_000_000, ageMaxMs, now: Date.now, shared: createSharedAnswers(redis, ageMaxMs) }),
  })
  replicas.push({ gateway, redis, metrics, lines })
}
const untilRedisIs = (up: boolean) => expect.poll(() => replicas.map(({ redis }) => redis.isUp())).toEqual(replicas.map(() => up))

beforeEach(async () => {
  fake = await startFakeRedis()
  userId = newId()
  await startReplica()
  await startReplica()
  await untilRedisIs(true)
})
afterEach(async () => {
  for (const { gateway, redis } of replicas) {
    await redis.stop!()
    await gateway.close()
  }
  replicas = []
  await fake.kill().catch(() => undefined)
})

/** Requests of one person, by turns through each replica; the statuses by how often. */
async function ask(times: number, of: readonly (typeof replicas)[number][] = replicas): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {}
  for (let count = 0; count < times; count += 1) {
    const { gateway } = of[count % of.length]!
    const { status } = await gateway.fetch('/api/v1/bookings', { token: await gateway.token(['member'], userId) })
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  return statuses
}
const figure = async (name: string): Promise<number> => {
  const text = await replicas[0]!.metrics.metrics()
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
}

describe('limits with Redis', () => {
  it('are common to all replicas, with one question for each request', async () => {
    expect(await ask(20)).toEqual({ 200: 10, 429: 10 })
    expect(fake.asked.filter((command) => command === 'EVAL')).toHaveLength(20)
    expect(await figure('alcove_gateway_redis_up')).toBe(1)
  })

  it('that dies are each replica’s own at once, and common again when it is back', async () => {
    await ask(4)
    await fake.kill()
    expect(await ask(40)).toEqual({ 200: 20, 429: 20 })
    await untilRedisIs(false)
    expect(await figure('alcove_gateway_redis_up')).toBe(0)
    expect((await replicas[0]!.gateway.fetch('/gateway/status').then((response) => response.json())) as object).toMatchObject({ redis: 'away' })
    await fake.revive()
    await untilRedisIs(true)
    expect(await ask(20)).toEqual({ 200: 10, 429: 10 })
    const lines = replicas[0]!.lines.join('')
    expect(lines).toMatch(/Redis is away[^]*Redis is there/)
    expect(lines).not.toContain('secret')
  })

  it('that hangs: no request fails, after a few nobody waits for it any more, and it comes back', async () => {
    fake.mode = 'silent'
    expect(await ask(20)).toEqual({ 200: 20 })
    await untilRedisIs(false)
    expect(await figure('alcove_gateway_redis_failures_total')).toBeGreaterThan(0)
    fake.mode = 'answering'
    await untilRedisIs(true)
    expect(await ask(20)).toEqual({ 200: 10, 429: 10 })
  })

  it('that refuses everything: no request fails, and one line in the log says it', async () => {
    fake.mode = 'refusing'
    expect(await ask(40)).toEqual({ 200: 20, 429: 20 })
    expect(replicas[0]!.lines.filter((line) => line.includes('Redis refuses'))).toHaveLength(1)
  })

  it('that is not there when the gateway starts: each replica alone, then together', async () => {
    await fake.kill()
    await startReplica()
    const late = replicas.slice(2)
    expect(await ask(12, late)).toEqual({ 200: 10, 429: 2 })
    await fake.revive()
    await untilRedisIs(true)
    expect(await ask(20, late)).toEqual({ 200: 10, 429: 10 })
  })
})

describe('kept answers with Redis', () => {
  const spaces = '/api/v1/spaces'
  const read = async (index: number, path: string, token: string) => {
    const response = await replicas[index]!.gateway.fetch(path, { token })
    return { status: response.status, cache: response.headers.get('x-cache'), text: await response.text() }
  }
  const killBoth = async (service: 'workspace' | 'booking') => {
    for (const { gateway } of replicas) await gateway.kill(service)
  }
  const tokens = async () => Promise.all(replicas.map(({ gateway }) => gateway.token(['member'], userId, 'the-session')))

  it('one replica gives what another has read, byte for byte', async () => {
    const [here, there] = await tokens()
    const bytes = '{"name":"Zürich \n\u0000 ☃"}'
    replicas[0]!.gateway.answer('workspace', (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(bytes))
    expect((await read(0, spaces, here!)).status).toBe(200)
    await killBoth('workspace')
    expect(await read(1, spaces, there!)).toEqual({ status: 200, cache: 'stale', text: bytes })
  })

  it('a write through one replica hides what was read before through another', async () => {
    const [here, there] = await tokens()
    await read(0, '/api/v1/bookings', here!)
    await replicas[1]!.gateway.fetch('/api/v1/bookings', { method: 'POST', token: there!, body: '{}' })
    await expect.poll(() => fake.asked.filter((command) => command === 'SET').length).toBeGreaterThan(1)
    await killBoth('booking')
    expect([(await read(0, '/api/v1/bookings', here!)).status, (await read(1, '/api/v1/bookings', there!)).status]).toEqual([503, 503])
  })

  it('are each replica’s own while it is away', async () => {
    const [here, there] = await tokens()
    await fake.kill()
    await read(0, spaces, here!)
    await killBoth('workspace')
    expect([(await read(0, spaces, here!)).cache, (await read(1, spaces, there!)).status]).toEqual(['stale', 503])
  })
})
