import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removePostgres, startPostgres, type Postgres } from '@alcove/database'
import { graph } from '@alcove/graph'
import { findFreePort } from '@alcove/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'

// compose.yaml without Docker: its programs, from bundles as images hold them, with exactly its environments. What stands in for Docker: names of hosts
// become ports of this machine, volumes become directories, and an embedded PostgreSQL gets the password that its container would read.
interface Container {
  image: string
  command?: string[]
  environment?: Record<string, string>
  volumes: string[]
}
const root = fileURLToPath(new URL('../..', import.meta.url))
const { services: containers } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as { services: Record<string, Container> }
const directory = mkdtempSync(join(tmpdir(), 'alcove-compose-'))
const at = (...parts: string[]) => join(directory, ...parts)
const names = graph.map(({ name }) => name)
const ports = new Map<string, { port: number; opsPort: number }>()
const running: ChildProcess[] = []
let postgresPort: number
let postgres: Postgres | undefined

beforeAll(async () => {
  postgresPort = await findFreePort()
  mkdirSync(at('volumes'))
  for (const name of names) {
    ports.set(name, { port: await findFreePort(), opsPort: await findFreePort() })
    const made = spawnSync(process.execPath, [join(root, 'scripts/bundle.ts'), name, at('images', name)], { encoding: 'utf8' })
    expect(made.status, made.stderr).toBe(0)
  }
}, 300_000)
afterAll(async () => {
  for (const child of running) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await postgres?.stop()
  await removePostgres(at('postgres'))
  rmSync(directory, { recursive: true })
})

/** What Docker would give the container, on this machine. */
function environmentOf(label: string): Record<string, string> {
  const { environment = {}, volumes } = containers[label]!
  const mounts = volumes.map((volume) => volume.split(':') as [string, string])
  // One directory holds all volumes, so what is mounted as a whole below /secrets is found by their names.
  const place = (value: string) =>
    mounts.reduce(
      (text, [volume, target]) =>
        text === target || text.startsWith(`${target}/`) ? text.replace(target, at('volumes', volume.replace('secrets-', ''))) : text,
      value,
    )
  const reach = (value: string) => value.replace(/^http:\/\/([a-z]+):8080$/, (_, host: string) => `http://127.0.0.1:${ports.get(host)!.port}`)
  const interpolate = (value: string) => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
  const given = Object.entries(environment).map(([name, value]) => [name, reach(place(interpolate(value)))])
  const own = ports.get(label)
  return {
    ...Object.fromEntries(given),
    ...(own && { HOST: '127.0.0.1', PORT: String(own.port), OPS_PORT: String(own.opsPort) }),
    ...(volumes.some((volume) => volume.includes(':/secrets/')) && { SECRETS_DIR: at('volumes'), DATABASE_ADDRESS: `127.0.0.1:${postgresPort}` }),
  }
}

function start(label: string): { child: ChildProcess; output: () => string } {
  const { image, command = ['dist/main.js'] } = containers[label]!
  const cwd = at('images', /\/([a-z]+):/.exec(image)![1]!)
  const child = spawn(process.execPath, ['--enable-source-maps', ...command], { cwd, env: environmentOf(label) })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-10_000)))
  running.push(child)
  return { child, output: () => text }
}

async function runOnce(label: string): Promise<void> {
  const { child, output } = start(label)
  await once(child, 'close')
  expect(child.exitCode, `${label}: ${output()}`).toBe(0)
}

const secret = (...parts: string[]) => readFileSync(at('volumes', ...parts), 'utf8')
async function ask<T>(method: string, path: string, options: { token?: string; body?: object; key?: string } = {}): Promise<{ status: number; body: T }> {
  const response = await fetch(`http://127.0.0.1:${ports.get('gateway')!.port}${path}`, {
    method,
    // The mailbox answers browsers with a page.
    headers: {
      accept: 'application/json',
      ...(options.body && { 'content-type': 'application/json' }),
      ...(options.token && { authorization: `Bearer ${options.token}` }),
      ...(options.key && { 'idempotency-key': options.key }),
    },
    body: options.body && JSON.stringify(options.body),
  })
  return { status: response.status, body: (await response.json()) as T }
}

it('makes its secrets once and the same again', async () => {
  await runOnce('secrets')
  const made = ['postgresql/password', 'auth/signing-key', 'auth/admin-password', 'booking/database-url'].map((file) => secret(file))
  await runOnce('secrets')
  expect(['postgresql/password', 'auth/signing-key', 'auth/admin-password', 'booking/database-url'].map((file) => secret(file))).toEqual(made)
  expect(new Set(made).size).toBe(made.length)
  expect(secret('booking/demo-clock')).toBe('')
})

it('makes databases, roles and schemas', async () => {
  postgres = await startPostgres({ dataDir: at('postgres'), port: postgresPort, throwaway: true })
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(`CREATE ROLE postgres SUPERUSER LOGIN`).catch(() => undefined)
  await admin.query(`ALTER ROLE postgres PASSWORD ${pg.escapeLiteral(secret('postgresql/password'))}`)
  await runOnce('databases')
  const stored = graph.filter(({ database }) => database).map(({ name }) => name)
  await Promise.all(stored.map((name) => runOnce(`${name}-migrate`)))
  const { rows } = await admin.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%'")
  await admin.end()
  expect(rows.map(({ datname }) => datname)).toEqual(expect.arrayContaining([...stored, 'event_log']))
})

it('becomes ready, with the demo’s data where its profile is asked for', async () => {
  await runOnce('demo-clock')
  start('tokens')
  const outputs = names.map((name) => start(name))
  const isReady = async (name: string) => (await fetch(`http://127.0.0.1:${ports.get(name)!.opsPort}/readyz`).catch(() => undefined))?.status ?? 0
  const readAll = async () => Object.fromEntries(await Promise.all(names.map(async (name) => [name, await isReady(name)] as const)))
  await expect.poll(readAll, { timeout: 150_000, interval: 500 }).toEqual(Object.fromEntries(names.map((name) => [name, 200])))
  expect(outputs.map(({ child }) => child.exitCode)).toEqual(names.map(() => null))
  await runOnce('demo')
})

it('lets the first admin in by the password that was made', async () => {
  const body = { email: 'first-admin@alcove.test', password: secret('auth/admin-password') }
  expect((await ask('POST', '/api/v1/auth/login', { body })).status).toBe(200)
})

it('takes a booking, pays it and keeps its mail', async () => {
  const logIn = async (email: string) =>
    (await ask<{ accessToken: string }>('POST', '/api/v1/auth/login', { body: { email, password: 'alcove-demo' } })).body.accessToken
  const token = await logIn('member@alcove.test')
  const from = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const { body: locations } = await ask<{ items: { id: string; name: string }[] }>('GET', '/api/v1/locations', { token })
  const { id } = locations.items.find(({ name }) => name === 'Harbour')!
  const query = `locationId=${id}&kind=desk&durationMinutes=120&from=${from}T09:00:00Z&to=${from}T18:00:00Z`
  const { body: free } = await ask<{ items: { spaceId: string; free: { startsAt: string }[] }[] }>('GET', `/api/v1/availability?${query}`, { token })
  const space = free.items.find((item) => item.free.length > 0)!
  const startsAt = space.free[0]!.startsAt
  const endsAt = new Date(Date.parse(startsAt) + 7_200_000).toISOString().replace('.000Z', 'Z')
  const body = { spaceId: space.spaceId, startsAt, endsAt, payment: { method: 'card', token: 'tok_ok' } }
  const booked = await ask<{ status: string; reference: string }>('POST', '/api/v1/bookings', { token, body, key: 'one-booking' })
  expect(booked).toMatchObject({ status: 201, body: { status: 'confirmed' } })
  const admin = await logIn('admin@alcove.test')
  const mails = async () => JSON.stringify((await ask('GET', '/dev/mailbox?to=member@alcove.test', { token: admin })).body)
  // Below what the gateway lets one person ask in a second.
  await expect.poll(mails, { timeout: 30_000, interval: 1000 }).toContain(booked.body.reference)
})
