import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@alcove/contracts'
import { ensureRoleAndDatabase, migrate, removePostgres, startPostgres, type Postgres } from '@alcove/database'
import { logMigrations } from '@alcove/events'
import { graph } from '@alcove/graph'
import { findFreePort, startOtlpReceiver, type OtlpReceiver } from '@alcove/testing'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'

// What images hold, run as pods run it: Node alone, a directory without the repository around it, the cluster profile, tokens as files, an API
// server that says who signs them. Everything they need comes up later than they do.
const issuer = 'https://kubernetes.test'
const services = graph.map(({ name }) => name as ServiceName)
const stored = graph.filter(({ database }) => database).map(({ name }) => name)
const bundler = fileURLToPath(new URL('../../scripts/bundle.ts', import.meta.url))

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
}

const directory = mkdtempSync(join(tmpdir(), 'alcove-image-'))
const at = (...parts: string[]) => join(directory, ...parts)
const password = (name: string) => `of-${name}`
const ports = new Map<string, { port: number; opsPort: number }>()
const running = new Map<string, Running>()
let postgresPort: number
let apiPort: number
let postgres: Postgres | undefined
let receiver: OtlpReceiver | undefined
let api: Server | undefined
let key: CryptoKey
let jwk: JWK

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  postgresPort = await findFreePort()
  apiPort = await findFreePort()
  const pair = await generateKeyPair('RS256', { extractable: true })
  key = pair.privateKey
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'cluster', alg: 'RS256', use: 'sig' }
  mkdirSync(at('api'))
  writeFileSync(at('api', 'token'), 'own-token')
  for (const { name, calls } of graph) {
    mkdirSync(at('tokens', name), { recursive: true })
    for (const callee of calls) writeFileSync(at('tokens', name, callee), await signToken(name, callee))
    ports.set(name, { port: await findFreePort(), opsPort: await findFreePort() })
    const made = spawnSync(process.execPath, [bundler, name, at('images', name)], { encoding: 'utf8' })
    expect(made.status, made.stderr).toBe(0)
  }
}, 300_000)
afterAll(async () => {
  const ended = [...running.values()].filter(({ child }) => child.exitCode === null && child.signalCode === null)
  for (const { child } of ended) child.kill('SIGKILL')
  await postgres?.stop()
  await removePostgres(at('postgres'))
  api?.closeAllConnections()
  api?.close()
  await receiver?.close()
  rmSync(directory, { recursive: true })
})

const signToken = (caller: string, callee: string) =>
  new SignJWT()
    .setProtectedHeader({ alg: 'RS256', kid: 'cluster' })
    .setIssuer(issuer)
    .setSubject(`system:serviceaccount:test-namespace:${caller}`)
    .setAudience(callee)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key)
const databaseUrl = (name: string) => `postgres://${name}:${password(name)}@127.0.0.1:${postgresPort}/${name}`

function envOf(name: string): Record<string, string> {
  const { port, opsPort } = ports.get(name)!
  writeFileSync(at(`${name}.url`), `${databaseUrl(name)}\n`)
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    OPS_PORT: String(opsPort),
    SERVICE_TOKEN_NAMESPACE: 'test-namespace',
    SERVICE_TOKEN_DIR: at('tokens', name),
    EVENT_LOG_DATABASE_URL: databaseUrl('event_log'),
    KUBERNETES_API_URL: `http://127.0.0.1:${apiPort}`,
    KUBERNETES_CREDENTIALS_DIR: at('api'),
    REGISTRY_PROBE_INTERVAL_MS: '200',
    ...receiver!.env,
    ...Object.fromEntries(services.map((callee) => [`${callee.toUpperCase()}_SERVICE_URL`, `http://127.0.0.1:${ports.get(callee)!.port}`])),
    ...(stored.includes(name) && { DATABASE_URL_FILE: at(`${name}.url`) }),
    ...(name === 'auth' && {
      SIGNING_KEY_SECRET: Buffer.alloc(32, 7).toString('base64'),
      BOOTSTRAP_ADMIN_EMAIL: 'first@alcove.test',
      BOOTSTRAP_ADMIN_PASSWORD: 'one-time-password',
    }),
  }
}

function run(label: string, service: string, program: string, env: Record<string, string>): Running {
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/${program}.js`], { cwd: at('images', service), env })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-20_000)))
  const made = { child, output: () => text }
  running.set(label, made)
  return made
}

async function startApi(): Promise<void> {
  api = createServer((request, response) => {
    const body = { '/.well-known/openid-configuration': { issuer }, '/openid/v1/jwks': { keys: [jwk] } }[request.url ?? '']
    response.writeHead(body ? 200 : 403, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { kind: 'Status', code: 403 }))
  })
  await new Promise<void>((resolve) => api!.listen(apiPort, '127.0.0.1', resolve))
}

const probe = async (name: string, path: string) =>
  (await fetch(`http://127.0.0.1:${ports.get(name)!.opsPort}${path}`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined))?.status ?? 0
const probeAll = async (path: string) => Object.fromEntries(await Promise.all(services.map(async (name) => [name, await probe(name, path)] as const)))
const all = (status: number, except: Record<string, number> = {}) => ({ ...Object.fromEntries(services.map((name) => [name, status])), ...except })
const expectAll = (path: string, expected: object) => expect.poll(() => probeAll(path), { timeout: 150_000, interval: 250 }).toEqual(expected)
const gateway = (method: string, path: string, options: { token?: string; body?: object } = {}) =>
  fetch(`http://127.0.0.1:${ports.get('gateway')!.port}${path}`, {
    method,
    headers: { ...(options.body && { 'content-type': 'application/json' }), ...(options.token && { authorization: `Bearer ${options.token}` }) },
    body: options.body && JSON.stringify(options.body),
  })
const logIn = () => gateway('POST', '/api/v1/auth/login', { body: { email: 'first@alcove.test', password: 'one-time-password' } })

it('starts before all it needs, and lives without it', async () => {
  for (const name of services.toReversed()) run(name, name, 'main', envOf(name))
  await expectAll('/startupz', all(200))
  expect(await probeAll('/livez')).toEqual(all(200))
  // admin stores nothing: what is missing shows in its answers.
  await expectAll('/readyz', all(503, { admin: 200 }))
})

it('makes role, database and schema by the image’s own commands, once the server is there', async () => {
  for (const name of stored) run(`${name} migrate`, name, 'migrate', { DATABASE_URL: databaseUrl(name) })
  postgres = await startPostgres({ dataDir: at('postgres'), port: postgresPort, throwaway: true })
  const adminUrl = postgres.url
  await ensureRoleAndDatabase({ adminUrl, database: 'event_log', role: 'event_log', password: password('event_log') })
  await migrate({ url: databaseUrl('event_log'), directories: [logMigrations] })
  for (const name of stored) run(`${name} provision`, name, 'provision', { DATABASE_URL: databaseUrl(name), DATABASE_ADMIN_URL: adminUrl })
  for (const name of stored) {
    for (const command of ['provision', 'migrate']) {
      const { child, output } = running.get(`${name} ${command}`)!
      if (child.exitCode === null) await once(child, 'exit')
      expect(child.exitCode, output()).toBe(0)
    }
  }
  // Again, as an upgrade does.
  const again = run('again', 'booking', 'migrate', { DATABASE_URL: databaseUrl('booking') })
  await once(again.child, 'exit')
  expect(again.output()).toContain('"applied":0')
})

it('is ready as soon as what it waits for is there: auth still needs the cluster’s keys, and the gateway auth', async () => {
  await expectAll('/readyz', all(200, { auth: 503, gateway: 503 }))
  await startApi()
  await expectAll('/readyz', all(200))
})

it('knows its callers by the cluster’s tokens, and the first admin by a password that opens one session', async () => {
  const first = await logIn()
  expect(first.status).toBe(200)
  const { accessToken: token } = (await first.json()) as { accessToken: string }
  expect((await logIn()).status).toBe(401)
  await expect
    .poll(
      async () => {
        const { items } = (await (await gateway('GET', '/api/v1/admin/services', { token })).json()) as { items: { name: string; health: string }[] }
        return Object.fromEntries(items.map(({ name, health }) => [name, health]))
      },
      { timeout: 60_000, interval: 500 },
    )
    .toEqual(Object.fromEntries(services.map((name) => [name, 'ok'])))
})

it('holds the program that operators call in a pod of admin, and in no other', async () => {
  const alcove = async (line: string[], env: Record<string, string> = {}) => {
    const child = spawn(at('images/admin/bin/alcove'), line, { env: { PATH: process.env.PATH!, ...envOf('admin'), ...env } })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(child, 'close')
    return [child.exitCode, said] as const
  }
  expect(await alcove(['--help'])).toEqual([0, expect.stringContaining('alcove rebuild reports')])
  expect(await alcove(['dlq', 'list'])).toEqual([0, 'There are no dead letters.\n'])
  expect(await alcove(['dlq', 'replay', '--all'])).toEqual([2, expect.stringContaining('say who asks')])
  expect(await alcove(['dlq', 'list'], { ALCOVE_TOKEN: 'forged' })).toEqual([1, expect.stringContaining('401')])
  expect(await alcove(['rebuild', 'reports'])).toEqual([0, expect.stringMatching(/^read models rebuilt from \d+ events\n$/)])
  expect(await alcove(['topics'], { KAFKA_BROKERS: '127.0.0.1:9' })).toEqual([1, expect.stringContaining('127.0.0.1:9')])
  expect(services.filter((name) => existsSync(at('images', name, 'bin/alcove')))).toEqual(['admin'])
})

it('records requests, calls and statements as the sources do', async () => {
  await expect
    .poll(
      () => {
        const spans = receiver!.spans()
        const login = spans.find(({ service, name }) => service === 'gateway' && name === 'POST /api/v1/auth/login')
        const inTrace = spans.filter(({ traceId }) => traceId === login?.traceId)
        return [
          inTrace.some(({ service, kind, name }) => service === 'gateway' && kind === 'client' && name === 'POST /v1/auth/login'),
          inTrace.some(({ service, kind }) => service === 'auth' && kind === 'server'),
          inTrace.some(({ service, attributes }) => service === 'auth' && /account/i.test(String(attributes['db.query.text']))),
        ]
      },
      { timeout: 60_000 },
    )
    .toEqual([true, true, true])
})

it('goes on while the API server is away', async () => {
  api!.closeAllConnections()
  await new Promise((resolve) => api!.close(resolve))
  expect((await gateway('GET', '/api/v1/health')).status).toBe(200)
  expect(await probeAll('/readyz')).toEqual(all(200))
})

it('was never restarted, and drains when told to', async () => {
  for (const name of services) expect(running.get(name)!.child.exitCode, running.get(name)!.output()).toBeNull()
  for (const name of services) running.get(name)!.child.kill('SIGTERM')
  for (const name of services) {
    const { child, output } = running.get(name)!
    if (child.exitCode === null) await once(child, 'exit')
    expect(child.exitCode, output()).toBe(0)
  }
})
