import { createTestLog, findFreePort, type TestDatabase, waitFor } from '@alcove/testing'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBalancer, type Balancer } from '../../../scripts/supervisor/balancer.ts'

const host = '127.0.0.1'
const programs = {
  gateway: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
  auth: fileURLToPath(new URL('fixtures/auth.ts', import.meta.url)),
}
type Program = keyof typeof programs

let log: TestDatabase
let directory: string
const children = new Set<ChildProcess>()
const balancers: Balancer[] = []
const sockets: Socket[] = []
beforeAll(async () => {
  log = await createTestLog()
  directory = mkdtempSync(join(tmpdir(), 'gateway-'))
  writeFileSync(join(directory, 'auth'), 'token')
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const child of children) child.kill('SIGKILL')
  for (const balancer of balancers.splice(0)) await balancer.close()
})
afterAll(async () => {
  await log?.drop()
  rmSync(directory, { recursive: true, force: true })
})

interface Replica {
  port: number
  ops: string
  /** Ends it in good order: its exit code. */
  end(): Promise<number | null>
}

async function start(program: Program, env: Record<string, string> = {}): Promise<Replica> {
  const [port, opsPort] = [await findFreePort(), await findFreePort()]
  const own = {
    PROFILE: 'local',
    CALLER_LIMIT: 'off',
    HOST: host,
    PORT: String(port),
    OPS_PORT: String(opsPort),
    LOG_LEVEL: 'warn',
    SERVICE_TOKEN_DIR: directory,
  }
  const events = { EVENT_TRANSPORT: 'embedded', EVENT_LOG_DATABASE_URL: log.url }
  const child = spawn(process.execPath, [programs[program]], {
    env: { PATH: process.env.PATH, ...own, ...events, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  children.add(child)
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      children.delete(child)
      resolve(code)
    })
  })
  const ops = `http://${host}:${opsPort}`
  const isReady = async () => (await fetch(`${ops}/readyz`)).ok
  await waitFor(async () => child.exitCode !== null || (await isReady()), { timeoutMs: 100_000, what: `${program} to be ready` })
  expect(child.exitCode, `${program} ended by itself`).toBeNull()
  return {
    port,
    ops,
    end() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

/** Two replicas behind one address; one that is being ended gets no new connections, as its cluster or supervisor would see to. */
async function startTwo(program: Program, env: Record<string, string> = {}): Promise<{ url: string; restartEach(): Promise<void> }> {
  const port = await findFreePort()
  let replicas: readonly Replica[] = await Promise.all([start(program, env), start(program, env)])
  const balancer = createBalancer({ host, port, listTargets: () => replicas.map((replica) => replica.port) })
  balancers.push(balancer)
  await balancer.open()
  return {
    url: `http://${host}:${port}`,
    async restartEach() {
      for (const leaving of replicas) {
        replicas = replicas.filter((replica) => replica !== leaving)
        expect(await leaving.end()).toBe(0)
        replicas = [...replicas, await start(program, env)]
      }
    },
  }
}

/** Logins over connections that stay open, with pauses of all lengths between them; none is ever tried twice. */
function startLoad(url: string) {
  const pool = new Pool(url, { connections: 20, pipelining: 1, keepAliveTimeout: 1000, keepAliveMaxTimeout: 1000 })
  const outcomes: string[] = []
  let stopped = false
  const login = async () => {
    const { statusCode, body } = await pool.request({ method: 'POST', path: '/api/v1/auth/login', headers: { 'content-type': 'application/json' }, body: '{}' })
    const text = await body.text()
    return statusCode === 200 ? '200' : `${statusCode} ${text}`
  }
  const work = async (pauseMs: number) => {
    while (!stopped) {
      outcomes.push(await login().catch(String))
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  const workers = Array.from({ length: 20 }, (_, index) => work(index * 45))
  return {
    outcomes,
    more: (count: number) => {
      const before = outcomes.length
      return expect.poll(() => outcomes.length).toBeGreaterThan(before + count)
    },
    async stop() {
      stopped = true
      await Promise.all(workers)
      await pool.close()
    },
  }
}

describe('a rolling restart under a steady load', () => {
  it('of the gateway, and of a service behind it, fails no request', async () => {
    const auth = await startTwo('auth')
    const gateway = await startTwo('gateway', { AUTH_SERVICE_URL: auth.url, RATE_LIMITS: 'off' })
    const load = startLoad(gateway.url)
    await load.more(200)
    await gateway.restartEach()
    await load.more(100)
    await auth.restartEach()
    await load.more(100)
    await load.stop()
    expect([...new Set(load.outcomes)]).toEqual(['200'])
  }, 400_000)
})

describe('a connection to the gateway', () => {
  const open = (port: number, bytes: string) => {
    const socket = connect(port, host)
    sockets.push(socket)
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.on('error', () => undefined)
    socket.write(bytes)
    return { socket, closed: new Promise<string>((resolve) => socket.once('close', () => resolve(text))) }
  }

  it('that brings nothing, too much, or reads nothing of what a service answers is ended', async () => {
    const auth = await start('auth')
    const limits = { HEADERS_TIMEOUT_MS: '300', STALLED_ANSWER_TIMEOUT_MS: '500' }
    const gateway = await start('gateway', { AUTH_SERVICE_URL: `http://${host}:${auth.port}`, RATE_LIMITS: 'off', ...limits })
    const slow = open(gateway.port, 'GET /api/v1/health HTTP/1.1\r\nhost: a\r\nx-half: ')
    expect(await slow.closed).toMatch(/^HTTP\/1\.1 408 [^]*\/problems\/request-timeout/)
    const huge = open(gateway.port, `GET /api/v1/health HTTP/1.1\r\nhost: a\r\nx-large: ${'x'.repeat(500_000)}\r\n\r\n`)
    expect(await huge.closed).toMatch(/^HTTP\/1\.1 431 [^]*\/problems\/headers-too-large/)
    const deaf = open(gateway.port, '')
    deaf.socket.pause()
    deaf.socket.write('GET /.well-known/jwks.json HTTP/1.1\r\nhost: a\r\n\r\n')
    const cuts = async () =>
      /^http_connections_cut_total\{reason="stalled-answer"[^}]*\} (\d+)/m.exec(await (await fetch(`${gateway.ops}/metrics`)).text())?.[1]
    await expect.poll(cuts).toBe('1')
    const reader = await fetch(`http://${host}:${gateway.port}/.well-known/jwks.json`)
    expect((await reader.arrayBuffer()).byteLength).toBeGreaterThan(8 * 1024 * 1024)
  }, 240_000)
})
