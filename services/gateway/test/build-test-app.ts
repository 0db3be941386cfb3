import { createServiceClient, type ServiceClient, type ServiceClientOptions } from '@alcove/client'
import type { ServiceName, ServiceStatus } from '@alcove/contracts'
import { getNode, listNeeded } from '@alcove/graph'
import { baseConfigSchema, loadConfig, newId, Registry, type Role } from '@alcove/kit'
import { buildTestContext, type TestContext } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as sendPlain, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { buildApp } from '../src/app.ts'
import { createDevClock } from '../src/clients/dev-clock.ts'
import { createLocalLimiter } from '../src/clients/limiters.ts'
import { guardClient } from '../src/clients/guarded-client.ts'
import type { GatewayDeps } from '../src/deps.ts'
import { createRegistry, type Registry as ServiceRegistry } from '../src/domain/registry.ts'
import { Revocations } from '../src/domain/revocations.ts'
import { createStaleAnswers } from '../src/stale-answers.ts'

/** What a service was asked, with the body read. */
export interface Seen {
  service: ServiceName
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

export type Upstream = (request: Seen, response: ServerResponse) => void

export interface TargetAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface TestGateway {
  app: FastifyInstance
  /** Where the gateway listens. */
  url: string
  context: TestContext
  client: ServiceClient
  revocations: Revocations
  registry: ServiceRegistry
  /** What services answer to the registry's probe; silent without an entry. */
  statuses: Map<ServiceName, ServiceStatus>
  /** What the services were asked. */
  seen: Seen[]
  /** What requests made the registry suspect. */
  suspected: ServiceName[]
  /** Replaces what a service answers. */
  answer(service: ServiceName, upstream: Upstream): void
  /** Ends a service's process: connections break, new ones are refused. */
  kill(service: ServiceName): Promise<void>
  /** Starts it again at the same address. */
  revive(service: ServiceName): Promise<void>
  /** One round of the registry. */
  probeAll(): Promise<void>
  fetch(path: string, init?: RequestInit & { as?: Role[]; token?: string }): Promise<Response>
  /** Sends a request target as it is written, which `fetch` would tidy up. */
  ask(target: string, request?: { method?: string; headers?: Record<string, string>; body?: string | Buffer }): Promise<TargetAnswer>
  token(roles?: Role[], userId?: string, sessionId?: string): Promise<string>
  clockFile: string
  close(): Promise<void>
}

const services = getNode('gateway').calls as ServiceName[]
const echo: Upstream = ({ service, method, url, headers, body }, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ service, method, url, headers, body }))
}

async function startUpstream(service: ServiceName, { seen, current, port = 0 }: { seen: Seen[]; current: () => Upstream; port?: number }): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      const asked = { service, method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() }
      // The registry's knocking is no request that a test sent.
      if (asked.url !== '/health') seen.push(asked)
      current()(asked, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

/** A gateway on a real port before real servers that stand in for the services. */
export async function buildTestGateway(
  options: Partial<GatewayDeps> & { client?: never; clientOptions?: Partial<ServiceClientOptions>; local?: boolean; urls?: Record<string, string> } = {},
): Promise<TestGateway> {
  const { clientOptions, local = true, urls, ...given } = options
  const context = await buildTestContext('gateway')
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'))
  const clockFile = join(directory, 'clock.json')
  const seen: Seen[] = []
  const suspected: ServiceName[] = []
  const upstreams = new Map<ServiceName, Upstream>()
  const servers = new Map<ServiceName, Server>()
  const env: Record<string, string> = { SERVICE_TOKEN_DIR: directory }
  for (const service of services) {
    const server = await startUpstream(service, { seen, current: () => upstreams.get(service) ?? echo })
    servers.set(service, server)
    env[`${service.toUpperCase()}_SERVICE_URL`] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    writeFileSync(join(directory, service), `token-for-${service}`)
  }
  const config = loadConfig(Type.Object(baseConfigSchema), { ...env, ...urls })
  const client = createServiceClient({ self: 'gateway', config, metrics: context.metrics, log: context.log, ...clientOptions })
  const revocations = new Revocations(Date.now)
  const statuses = new Map<ServiceName, ServiceStatus>()
  const registry = createRegistry({
    services: services.map((name) => ({ name, address: `http://${name}`, critical: listNeeded('booking').includes(name) })),
    probe: async (name) => statuses.get(name) ?? Promise.reject(new Error('silent')),
    ping: (name, timeoutMs) => client.ping(name, timeoutMs),
    onEjected: () => undefined,
    breakerOf: (name) => client.breakers().find(({ callee }) => callee === name)!.state,
    now: () => new Date('2026-03-01T10:00:00Z'),
  })
  const app = buildApp({
    ...context,
    metrics: new Registry(),
    client: guardClient(client, registry, (name) => void suspected.push(name)),
    revocations,
    revocationsLoaded: () => true,
    registry,
    refreshRegistry: async () => undefined,
    answers: createStaleAnswers({ bytesMax: 1_000_000, ageMaxMs: 600_000, now: Date.now }),
    onStale: () => undefined,
    now: Date.now,
    checkTransport: async () => undefined,
    rateLimits: undefined,
    limiter: createLocalLimiter(),
    redisState: () => 'none',
    trustedProxyHops: 0,
    securityContacts: [],
    publicBaseUrl: 'http://localhost:4000',
    corsOrigins: [],
    deadlineMaxMs: 30_000,
    devClock: local ? createDevClock(clockFile) : undefined,
    startedAt: new Date(),
    ...given,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const token = (roles: Role[] = ['member'], userId = newId(), sessionId = newId()) => context.tokens.userToken({ roles, userId, sessionId })
  const gateway: TestGateway = {
    app,
    url,
    context,
    client,
    revocations,
    registry,
    statuses,
    seen,
    suspected,
    clockFile,
    token,
    answer: (service, upstream) => void upstreams.set(service, upstream),
    kill: (service) => closeServer(servers.get(service)!),
    async revive(service) {
      const { port } = new URL(env[`${service.toUpperCase()}_SERVICE_URL`]!)
      servers.set(service, await startUpstream(service, { seen, current: () => upstreams.get(service) ?? echo, port: Number(port) }))
    },
    probeAll: async () => void (await Promise.all(registry.names.map((name) => registry.probe(name)))),
    async fetch(path, { as, token: presented, ...init } = {}) {
      const bearer = presented ?? (as ? await token(as) : undefined)
      return fetch(`${url}${path}`, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
      })
    },
    ask: (target, request) => askTarget(url, target, request),
    async close() {
      await app.close()
      await client.close()
      await Promise.all([...servers.values()].map(closeServer))
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return gateway
}

function askTarget(
  url: string,
  target: string,
  { method = 'GET', headers, body }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<TargetAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = sendPlain({ hostname, port, path: target, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** A healthy service's status. */
export function buildStatus(name: ServiceName, changes: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name,
    version: '1.0.0',
    health: 'ok',
    checks: { database: { ok: true } },
    breakers: [],
    consumerLag: 0,
    outboxAgeSeconds: 0,
    deadLetters: 0,
    ...changes,
  }
}
