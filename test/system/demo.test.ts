import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, type Api, type Session } from './api.ts'
import { query } from './databases.ts'
import { card, makePlace } from './places.ts'

const secret = 'a-secret-of-this-test'
const program = fileURLToPath(new URL('../../scripts/demo/seed-cluster.ts', import.meta.url))
let api: Api
let operator: Session

beforeAll(async () => {
  api = connect(await startStack({ env: { RATE_LIMITS: 'off', DEMO_CLOCK_SECRET: secret } }))
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

/** The demo's program as its Job runs it: with auth's database, the gateway's address and the secret. */
async function seed(): Promise<string> {
  const { stack } = api
  const env = { PATH: process.env.PATH, DATABASE_URL: stack.databaseUrls.auth, GATEWAY_SERVICE_URL: stack.urls.gateway, DEMO_CLOCK_SECRET: secret }
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code, output).toBe(0)
  return output
}
const countBookings = () =>
  query<{ status: string; past: boolean; n: number }>(
    api.stack,
    'booking',
    'SELECT status, ends_at < now() AS past, count(*)::int AS n FROM booking GROUP BY 1, 2 ORDER BY 1, 2',
  )

describe('the demo data of a cluster', () => {
  it('are two weeks of past and coming bookings, made at the moments they tell, by the services themselves', async () => {
    await seed()
    operator = await api.login('operator')
    const counts = await countBookings()
    const sum = (past: boolean) => counts.filter((row) => row.past === past).reduce((total, { n }) => total + n, 0)
    expect(sum(true)).toBeGreaterThan(50)
    expect(sum(false)).toBeGreaterThan(50)
    const [made] = await query<{ late: number; oldest: Date }>(
      api.stack,
      'booking',
      'SELECT count(*) FILTER (WHERE created_at > starts_at)::int AS late, min(created_at) AS oldest FROM booking',
    )
    expect(made?.late).toBe(0)
    expect(Date.now() - made!.oldest.getTime()).toBeGreaterThan(13 * 86_400_000)
    const spaces = await operator.call<{ items: { kind: string }[] }>('GET', '/api/v1/spaces?limit=200')
    expect(spaces.body.items.length).toBeGreaterThanOrEqual(40)
    expect(new Set(spaces.body.items.map(({ kind }) => kind)).size).toBe(4)
  }, 600_000)

  it('are the same when made again', async () => {
    const total = async () => (await countBookings()).reduce((sum, { n }) => sum + n, 0)
    const before = await total()
    await seed()
    expect(await total()).toBe(before)
  }, 600_000)

  it('are settled like anybody’s: nothing stays unpaid', async () => {
    const countWaiting = async () => (await query(api.stack, 'booking', `SELECT 1 FROM booking WHERE status IN ('held', 'pending_payment')`)).length
    await expect.poll(countWaiting, { timeout: 90_000, interval: 500 }).toBe(0)
  })
})

describe('the demo’s clock', () => {
  const book = async (header: string) => {
    const member = await api.login('member')
    const place = await makePlace(operator)
    const yesterday = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 86_400_000)
    const body = { spaceId: place.spaceId, startsAt: yesterday.toISOString(), endsAt: new Date(yesterday.getTime() + 3_600_000).toISOString(), payment: card() }
    return member.call('POST', '/api/v1/bookings', body, { 'x-demo-clock': header })
  }
  const twoDaysAgo = () => new Date(Date.now() - 2 * 86_400_000).toISOString()
  it('lets nobody act in the past who does not know the secret', async () => {
    for (const given of ['', 'another-secret-of-somebody', secret.slice(1)]) expect((await book(`${given} ${twoDaysAgo()}`)).status, given).toBe(422)
    expect((await book(`${secret} once upon a time`)).status).toBe(422)
    expect((await book(`${secret} ${twoDaysAgo()}`)).status).toBe(201)
  })
})
