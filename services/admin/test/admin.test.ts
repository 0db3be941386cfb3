import { createServiceClient } from '@alcove/client'
import type { ServiceName } from '@alcove/contracts'
import { getNode } from '@alcove/graph'
import { baseConfigSchema, loadConfig } from '@alcove/kit'
import { buildTestContext, type TestContext } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../src/app.ts'
import { createDeadLetterSources } from '../src/clients/dead-letters.ts'
import { getOverview } from '../src/clients/reporting.ts'
import { createStatusAsker } from '../src/clients/statuses.ts'
import { createSupervisorReader } from '../src/clients/supervisor-state.ts'

const callees = getNode('admin').calls as ServiceName[]
const overview = {
  asOf: '2026-03-01T10:00:00Z',
  bookingsToday: 3,
  checkedInNow: 1,
  percentUtilised: 12.5,
  revenueToday: [{ amountMinor: 1250, currency: 'EUR' }],
  deadLetters: 99,
}
const status = (name: string, deadLetters: number) => ({
  name,
  version: '1.0.0',
  health: 'ok',
  checks: {},
  breakers: [{ callee: 'user', state: 'open' }],
  consumerLag: 4,
  outboxAgeSeconds: 0.5,
  deadLetters,
})

let app: FastifyInstance
let context: TestContext
let directory: string
let stateFile: string
let servers: Map<ServiceName, Server>
let asked: { service: ServiceName; headers: IncomingMessage['headers'] }[]
let answerOverview: (response: ServerResponse) => void
let closeClient: () => Promise<void>

const send = (response: ServerResponse, code: number, body: object) =>
  response.writeHead(code, { 'content-type': code < 400 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body))

beforeEach(async () => {
  context = await buildTestContext('admin')
  directory = mkdtempSync(join(tmpdir(), 'admin-'))
  stateFile = join(directory, 'state.json')
  asked = []
  answerOverview = (response) => send(response, 200, overview)
  servers = new Map()
  const env: Record<string, string> = { SERVICE_TOKEN_DIR: directory }
  for (const [index, service] of callees.entries()) {
    const server = createServer((request, response) => {
      asked.push({ service, headers: request.headers })
      if (request.url === '/internal/status') send(response, 200, status(service, index))
      else answerOverview(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.set(service, server)
    env[`${service.toUpperCase()}_SERVICE_URL`] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    writeFileSync(join(directory, service), `token-for-${service}`)
  }
  const { log, metrics, version } = context
  const client = createServiceClient({ self: 'admin', config: loadConfig(Type.Object(baseConfigSchema), env), metrics, log })
  closeClient = () => client.close()
  app = buildApp({
    ...context,
    askOverview: (options) => getOverview(client, options),
    askStatuses: createStatusAsker({ client, log, version }),
    readDeployments: createSupervisorReader(stateFile),
    deadLetters: createDeadLetterSources(client),
  })
})
afterEach(async () => {
  await app.close()
  await closeClient()
  for (const server of servers.values()) await stop(server)
  rmSync(directory, { recursive: true })
})

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
const get = async (url: string, roles: ('member' | 'operator' | 'admin')[] = ['operator']) => app.inject({ url, headers: await context.tokens.as(roles) })

describe('GET /v1/admin/services', () => {
  it('lists every service with what it says of itself, and its replicas', async () => {
    writeFileSync(
      stateFile,
      JSON.stringify({
        services: [
          { name: 'booking', replicas: 3, ready: 2, restarts: 1, startedAt: '2026-03-01T09:00:00Z' },
          { name: 'odd', replicas: 'x' },
        ],
      }),
    )
    const { items, nextCursor } = (await get('/v1/admin/services')).json<{ items: { name: string }[]; nextCursor: null }>()
    expect(nextCursor).toBeNull()
    expect(items.map((item) => item.name).sort()).toEqual([...callees, 'admin'].sort())
    const booking = items.find((item) => item.name === 'booking')
    expect(booking).toMatchObject({ version: '1.0.0', health: 'ok', consumerLag: 4, outboxAgeSeconds: 0.5, replicas: 3, replicasReady: 2, restarts: 1 })
    expect(booking).toMatchObject({ lastRolloutAt: '2026-03-01T09:00:00Z', image: null, autoscaler: null })
    expect(booking).toMatchObject({ breakers: [{ callee: 'user', state: 'open' }], deadLetters: callees.indexOf('booking') })
    expect(items.find((item) => item.name === 'user')).toMatchObject({ replicas: null, restarts: null })
    expect(asked.find(({ service }) => service === 'booking')!.headers['x-service-authorization']).toBe('Bearer token-for-booking')
  })
  it('shows one that does not answer as down, with its figures unknown', async () => {
    await stop(servers.get('payment')!)
    const { items } = (await get('/v1/admin/services', ['admin'])).json<{ items: { name: string }[] }>()
    expect(items.find((item) => item.name === 'payment')).toEqual({
      name: 'payment',
      version: null,
      health: 'down',
      breakers: [],
      consumerLag: null,
      outboxAgeSeconds: null,
      deadLetters: null,
      replicas: null,
      replicasReady: null,
      restarts: null,
      image: null,
      lastRolloutAt: null,
      autoscaler: null,
    })
  })
  it('does without a supervisor, or with one whose file is half written', async () => {
    expect((await get('/v1/admin/services')).statusCode).toBe(200)
    writeFileSync(stateFile, '{"services": [')
    expect((await get('/v1/admin/services')).statusCode).toBe(200)
  })
})

describe('GET /v1/admin/overview', () => {
  it('is reporting’s, asked for with the operator’s own token, with the dead letters of all services', async () => {
    const response = await get('/v1/admin/overview')
    const sum = callees.reduce((total, _service, index) => total + index, 0)
    expect(response.json()).toEqual({ ...overview, deadLetters: sum })
    const { headers } = asked.find((each) => each.service === 'reporting' && each.headers.authorization)!
    expect(headers.authorization).toMatch(/^Bearer ey/)
    // Beside it who passes the question on: that exempts it from the limit of a service's own port and gives no right.
    expect(headers['x-service-authorization']).toBe('Bearer token-for-reporting')
  })
  it('refuses in reporting’s words', async () => {
    answerOverview = (response) => send(response, 403, { type: '/problems/forbidden', detail: 'not you' })
    expect((await get('/v1/admin/overview')).json()).toMatchObject({ status: 403, detail: 'not you' })
  })
  it('answers 503 that names reporting while it is missing', async () => {
    await stop(servers.get('reporting')!)
    const response = await get('/v1/admin/overview')
    expect(response.json()).toMatchObject({ status: 503, dependency: 'reporting' })
    expect(response.headers['retry-after']).toMatch(/^\d+$/)
  })
  it('goes on while another service is missing', async () => {
    await stop(servers.get('notification')!)
    expect((await get('/v1/admin/overview')).statusCode).toBe(200)
  })
})

describe('roles', () => {
  it.each(['/v1/admin/services', '/v1/admin/overview'])('%s is for operators and admins', async (url) => {
    expect((await app.inject({ url })).statusCode).toBe(401)
    expect((await get(url, ['member'])).statusCode).toBe(403)
    expect((await get(url, ['operator'])).statusCode).toBe(200)
    expect((await get(url, ['admin'])).statusCode).toBe(200)
    expect((await get(`${url}?x=1`)).statusCode).toBe(400)
  })
})
