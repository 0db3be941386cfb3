import { createServiceClient } from '@alcove/client'
import { bookingCreated, consumingServices, type ConsumingService, type DeadLetter, type DeadLetterDetail, type ReplayResult } from '@alcove/contracts'
import { addDeadLetterRoutes, onEvent, superseded, type Handler } from '@alcove/events'
import { baseConfigSchema, createApp, loadConfig, newTraceparent } from '@alcove/kit'
import { buildEvent, buildTestContext, createTestDatabase, deliverMessage, type TestContext, type TestDatabase, waitFor } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../src/app.ts'
import { createDeadLetterSources } from '../src/clients/dead-letters.ts'

// Every consumer with its real internal routes over a database of its own; only what they subscribe to is made up.
let app: FastifyInstance
let context: TestContext
let directory: string
let closeClient: () => Promise<void>
const databases = new Map<ConsumingService, TestDatabase>()
const apps = new Map<ConsumingService, FastifyInstance>()
const ports = new Map<ConsumingService, number>()
let isBroken: boolean
let woken: string[]

const handlers: Handler[] = [
  onEvent(bookingCreated, async ({ tx, event }) => {
    if (isBroken && event.data.reference !== 'mended') throw new Error('the handler is broken')
    const { rowCount } = await tx.query(
      'INSERT INTO effect AS e VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET version = excluded.version WHERE e.version < excluded.version',
      [event.subject, event.data.version],
    )
    return rowCount === 0 ? superseded : undefined
  }),
]

async function startConsumer(service: ConsumingService): Promise<void> {
  const { authenticator, tokens, log, clock, metrics, version } = await buildTestContext(service)
  const { pool } = databases.get(service)!
  const consumer = createApp({ service, log, authenticator, clock, version, metrics })
  addDeadLetterRoutes(consumer, service, {
    pool,
    handlers,
    clock,
    log,
    topic: service === 'reporting' ? 'reporting' : service,
    wakeRelay: () => void woken.push(service),
  })
  await consumer.listen({ host: '127.0.0.1', port: ports.get(service) ?? 0 })
  ports.set(service, (consumer.server.address() as { port: number }).port)
  apps.set(service, consumer)
  writeFileSync(join(directory, service), await tokens.serviceToken('admin'))
}

async function stopConsumer(service: ConsumingService): Promise<void> {
  apps.get(service)!.server.closeAllConnections()
  await apps.get(service)!.close()
}

/** Starts it again and waits until admin speaks to it: its breaker may be open from before. */
async function bringBack(service: ConsumingService): Promise<void> {
  await startConsumer(service)
  await waitFor(async () => (await call('GET', `?service=${service}`)).status === 200)
}

async function buildAdmin(): Promise<void> {
  const env = Object.fromEntries([...ports].map(([service, port]) => [`${service.toUpperCase()}_SERVICE_URL`, `http://127.0.0.1:${port}`]))
  const config = loadConfig(Type.Object(baseConfigSchema), { ...env, SERVICE_TOKEN_DIR: directory })
  const client = createServiceClient({ self: 'admin', config, metrics: context.metrics, log: context.log })
  closeClient = () => client.close()
  app = buildApp({
    ...context,
    askOverview: async () => Promise.reject(new Error('not asked for')),
    askStatuses: async () => new Map(),
    readDeployments: async () => new Map(),
    deadLetters: createDeadLetterSources(client),
  })
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'admin-letters-'))
  context = await buildTestContext('admin')
  for (const service of consumingServices) {
    databases.set(service, await createTestDatabase('none'))
    await databases.get(service)!.pool.query('CREATE TABLE effect (key text PRIMARY KEY, version int)')
    await startConsumer(service)
  }
  await buildAdmin()
})
afterAll(async () => {
  await app?.close()
  await closeClient?.()
  for (const service of consumingServices) await stopConsumer(service)
  for (const database of databases.values()) await database.drop()
  rmSync(directory, { recursive: true })
})
beforeEach(async () => {
  isBroken = false
  woken = []
  for (const { pool } of databases.values()) await pool.query('TRUNCATE effect, inbox, outbox, dead_letter, settled_dead_letter, parked_key, waiting_partition')
})

/** Lets an event die in a consumer, as five failures do. */
async function bury(service: ConsumingService, change: Partial<typeof bookingCreated.example> = {}, envelope = {}): Promise<DeadLetter> {
  isBroken = true
  const event = buildEvent(bookingCreated, { ...bookingCreated.example, ...change }, envelope)
  const { pool } = databases.get(service)!
  await deliverMessage({ pool, handlers }, 'booking', event)
  isBroken = false
  const [newest] = (await list(`service=${service}&limit=1`)).items
  return newest!
}

interface Answered<T> {
  status: number
  body: T
}
async function call<T = Record<string, unknown>>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: { body?: object; roles?: ('member' | 'operator' | 'admin')[] } = {},
): Promise<Answered<T>> {
  const headers = await context.tokens.as(options.roles ?? ['admin'], adminId)
  const response = await app.inject({ method, url: `/v1/admin/dead-letters${path}`, headers, ...(options.body ? { payload: options.body } : {}) })
  return { status: response.statusCode, body: response.body === '' ? (undefined as T) : response.json<T>() }
}
const adminId = '01890000-0000-7000-8000-0000000000aa'
interface Page {
  items: DeadLetter[]
  nextCursor: string | null
  missing: string[]
}
const list = async (query = '') => (await call<Page>('GET', query === '' ? '' : `?${query}`)).body
interface Report {
  items: ReplayResult[]
  nextCursor: string | null
  dryRun: boolean
  refused: { service: string; detail: string }[]
}
const replayAll = (body: object = {}, query = '') => call<Report>('POST', `/replay${query === '' ? '' : `?${query}`}`, { body })
const countEffects = async (service: ConsumingService) => (await databases.get(service)!.pool.query('SELECT FROM effect')).rowCount

describe('GET /v1/admin/dead-letters', () => {
  it('lists those of all consumers, newest first, page by page', async () => {
    const buried = []
    for (const service of ['payment', 'booking', 'payment', 'reporting'] as const) buried.unshift(await bury(service))
    const all = await list()
    expect(all).toMatchObject({ nextCursor: null, missing: [] })
    expect(all.items).toEqual(buried)
    expect(all.items[0]).toMatchObject({
      service: 'reporting',
      type: 'booking.created.v1',
      topic: 'booking',
      reason: 'failed',
      attempts: 5,
      error: 'the handler is broken',
    })
    const first = await list('limit=3')
    expect(first.items).toEqual(buried.slice(0, 3))
    const rest = await list(`limit=3&cursor=${first.nextCursor}`)
    expect([rest.items, rest.nextCursor]).toEqual([buried.slice(3), null])
  })
  it('can be narrowed to a service and to a type', async () => {
    const letter = await bury('payment')
    await bury('booking')
    expect((await list('service=payment')).items).toEqual([letter])
    expect((await list('type=booking.created.v1')).items).toHaveLength(2)
    expect((await list('type=booking.created.v2')).items).toEqual([])
    expect((await list('service=auth')).items).toEqual([])
  })
  it('says whose letters are missing; asked for by name, that is 503', async () => {
    const letter = await bury('booking')
    await stopConsumer('payment')
    try {
      expect(await list()).toEqual({ items: [letter], nextCursor: null, missing: ['payment'] })
      expect(await call('GET', '?service=payment')).toMatchObject({ status: 503, body: { dependency: 'payment' } })
    } finally {
      await bringBack('payment')
    }
  })
  it('is 400 for a cursor of somebody’s own making', async () => {
    expect(await call('GET', '?cursor=abc')).toMatchObject({ status: 400, body: { errors: [{ pointer: '/cursor' }] } })
    expect(await call('POST', '/replay?cursor=abc', { body: {} })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/cursor' }] } })
  })
})

describe('GET /v1/admin/dead-letters/{id}', () => {
  it('shows the event, the error, the attempts and both traces', async () => {
    const traceparent = newTraceparent()
    const letter = await bury('notification', {}, { traceparent })
    const { body } = await call<DeadLetterDetail>('GET', `/${letter.id}`)
    expect(body).toMatchObject({ ...letter, traceparent, event: { type: 'booking.created.v1', data: { reference: bookingCreated.example.reference } } })
    expect(body.trace).toContain('dead-letters.test')
    expect(JSON.parse(body.message)).toEqual(body.event)
  })
  it('is 404 for what no consumer has, and 503 while one that may have it does not answer', async () => {
    const path = '/01890000-0000-7000-8000-000000000099'
    expect((await call('GET', path)).status).toBe(404)
    await stopConsumer('user')
    try {
      expect(await call('GET', path)).toMatchObject({ status: 503, body: { dependency: 'user' } })
    } finally {
      await bringBack('user')
    }
  })
})

describe('POST /v1/admin/dead-letters/{id}/replay', () => {
  it('has the effect in its consumer, once, and tells who asked for it', async () => {
    const letter = await bury('payment')
    const done = { status: 200, body: { id: letter.id, service: 'payment', outcome: 'applied', error: null } }
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', `/${letter.id}/replay`, { body: {} })))
    expect(answers).toEqual([done, done, done])
    expect(await call('POST', `/${letter.id}/replay`, { body: {} })).toEqual(done)
    expect(await countEffects('payment')).toBe(1)
    expect((await call('GET', `/${letter.id}`)).status).toBe(404)
    const { rows } = await databases.get('payment')!.pool.query('SELECT topic, data FROM outbox')
    expect(rows).toMatchObject([{ topic: 'payment', data: { action: 'dead-letter.replayed', subject: letter.id, actor: { type: 'user', id: adminId } } }])
    expect(woken).toContain('payment')
  })
  it('tells in a dry run what would happen', async () => {
    const letter = await bury('payment')
    isBroken = true
    const transform = [{ op: 'replace', path: '/data/reference', value: 'mended' }]
    expect((await call('POST', `/${letter.id}/replay`, { body: { dryRun: true } })).body).toMatchObject({ outcome: 'failed', error: 'the handler is broken' })
    expect((await call('POST', `/${letter.id}/replay`, { body: { dryRun: true, transform } })).body).toMatchObject({ outcome: 'applied', error: null })
    expect(await countEffects('payment')).toBe(0)
    expect((await call('POST', `/${letter.id}/replay`, { body: { transform } })).body).toMatchObject({ outcome: 'applied' })
    expect(await countEffects('payment')).toBe(1)
  })
  it('is 409 with the reason when it fails again, and while the consumer is failing; the letter stays', async () => {
    const letter = await bury('payment')
    isBroken = true
    const refused = await call('POST', `/${letter.id}/replay`, { body: {} })
    expect(refused).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition', detail: expect.stringContaining('the handler is broken') } })
    isBroken = false
    await databases
      .get('payment')!
      .pool.query(`INSERT INTO waiting_partition VALUES ('booking', 3, NULL, 'the ledger is away', clock_timestamp() + interval '1 hour')`)
    const failing = await call('POST', `/${letter.id}/replay`, { body: {} })
    expect(failing).toMatchObject({ status: 409, body: { detail: expect.stringContaining('the ledger is away') } })
    expect(await countEffects('payment')).toBe(0)
    expect((await call('GET', `/${letter.id}`)).status).toBe(200)
  })
  it('is 400 for what is no JSON Patch', async () => {
    const path = '/01890000-0000-7000-8000-000000000099/replay'
    for (const transform of [[{ op: 'add', path: '/a' }], [{ op: 'cut', path: '/a' }], [{ op: 'remove', path: 'a' }], [{ op: 'move', path: '/a' }], [], {}])
      expect((await call('POST', path, { body: { transform } })).status).toBe(400)
    expect((await call('POST', path, { body: { transform: [{ op: 'add', path: '/a', value: null }] } })).status).toBe(404)
  })
})

describe('POST /v1/admin/dead-letters/replay', () => {
  it('replays those of all consumers, and on from its cursor', async () => {
    for (const service of ['booking', 'payment', 'payment', 'reporting'] as const) await bury(service, { bookingId: crypto.randomUUID() })
    const first = await replayAll({ limit: 2 })
    expect(first.body.items.map(({ service, outcome }) => [service, outcome])).toEqual([
      ['booking', 'applied'],
      ['payment', 'applied'],
    ])
    const rest = await replayAll({ limit: 10 }, `cursor=${first.body.nextCursor}`)
    expect(rest.body).toMatchObject({ nextCursor: null, dryRun: false, refused: [] })
    expect(rest.body.items.map(({ service }) => service)).toEqual(['payment', 'reporting'])
    expect((await list()).items).toEqual([])
    expect(await countEffects('payment')).toBe(2)
  })
  it('can be narrowed to a service, tried without effect, and held to a rate', async () => {
    await bury('booking')
    await bury('payment')
    expect((await replayAll({ dryRun: true }, 'service=payment')).body).toMatchObject({ dryRun: true, items: [{ service: 'payment', outcome: 'applied' }] })
    expect((await list()).items).toHaveLength(2)
    expect((await replayAll({ ratePerSecond: 100 }, 'service=payment&type=booking.created.v1')).body.items).toHaveLength(1)
    expect((await list()).items.map(({ service }) => service)).toEqual(['booking'])
  })
  it('goes on without a service that refuses or does not answer, and says so; asked for by name, that is the answer', async () => {
    await bury('notification')
    await bury('booking')
    await databases
      .get('booking')!
      .pool.query(`INSERT INTO waiting_partition VALUES ('booking', 3, NULL, 'the ledger is away', clock_timestamp() + interval '1 hour')`)
    await stopConsumer('payment')
    try {
      expect((await call('POST', '/replay?service=booking', { body: {} })).status).toBe(409)
      expect((await call('POST', '/replay?service=payment', { body: {} })).status).toBe(503)
      const { body } = await replayAll()
      expect(body.items).toMatchObject([{ service: 'notification', outcome: 'applied' }])
      expect(body.refused).toMatchObject([
        { service: 'booking', detail: expect.stringContaining('the ledger is away') },
        { service: 'payment', detail: 'payment does not answer.' },
      ])
    } finally {
      await bringBack('payment')
    }
  })
})

describe('DELETE /v1/admin/dead-letters/{id}', () => {
  it('discards it for good, and says who did', async () => {
    const letter = await bury('user')
    expect(await call('DELETE', `/${letter.id}`)).toEqual({ status: 204, body: undefined })
    expect((await call('DELETE', `/${letter.id}`)).status).toBe(404)
    expect((await call('POST', `/${letter.id}/replay`, { body: {} })).status).toBe(404)
    expect(await countEffects('user')).toBe(0)
    const { rows } = await databases.get('user')!.pool.query('SELECT data FROM outbox')
    expect(rows).toMatchObject([{ data: { action: 'dead-letter.discarded', subject: letter.id, actor: { id: adminId } } }])
  })
})

describe('roles', () => {
  const id = '01890000-0000-7000-8000-000000000099'
  it('operators read, admins settle', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', `/${id}`],
    ] as const) {
      expect((await call(method, path, { roles: ['member'] })).status).toBe(403)
      expect([200, 404]).toContain((await call(method, path, { roles: ['operator'] })).status)
    }
    for (const [method, path] of [
      ['POST', '/replay'],
      ['POST', `/${id}/replay`],
      ['DELETE', `/${id}`],
    ] as const) {
      const body = method === 'POST' ? { body: {} } : {}
      expect((await call(method, path, { ...body, roles: ['operator'] })).status).toBe(403)
      expect([200, 404]).toContain((await call(method, path, body)).status)
    }
  })
})
