import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createTestDatabase, createTestLog, findFreePort, type TestDatabase, waitFor } from '@alcove/testing'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signingKeySecret } from './harness.ts'

let database: TestDatabase
let log: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase('auth')
  log = await createTestLog()
})
afterAll(async () => {
  await database.drop()
  await log.drop()
})

const cwd = fileURLToPath(new URL('..', import.meta.url))
const bare = { PATH: process.env.PATH }

/** One of auth's programs as its own process. */
function run(program: string, env: Record<string, string>, input?: string) {
  const child = spawn(process.execPath, [`src/${program}.ts`], { cwd, env: { ...bare, ...env } })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()))
  child.stdin.end(input)
  return { child, out, exited: once(child, 'exit') as Promise<[number | null, string | null]> }
}

describe('seed-accounts', () => {
  const list = [
    { email: 'Admin@Alcove.test', password: 'alcove-demo', displayName: 'Ada Admin', roles: ['member', 'admin'] },
    { email: 'member@alcove.test', password: 'alcove-demo', displayName: 'Max Member' },
  ]

  it('makes verified accounts with the events of real ones, and the same ids when repeated', async () => {
    const printed = []
    for (let time = 0; time < 2; time += 1) {
      const seeding = run('seed-accounts', { DATABASE_URL: database.url }, JSON.stringify(list))
      expect(await seeding.exited, seeding.out.stderr).toEqual([0, null])
      printed.push(JSON.parse(seeding.out.stdout))
    }
    expect(printed[0].map(({ email }: { email: string }) => email)).toEqual(['admin@alcove.test', 'member@alcove.test'])
    expect(printed[1]).toEqual(printed[0])
    const { rows } = await database.pool.query('SELECT type FROM outbox WHERE key = $1 ORDER BY seq', [printed[0][0].id])
    expect(rows.map(({ type }) => type)).toEqual(['account.registered.v1', 'account.verified.v1'])
  })

  it('refuses anything but such a list', async () => {
    const seeding = run('seed-accounts', { DATABASE_URL: database.url }, '[{"email":"a@b.c"}]')
    expect((await seeding.exited)[0]).not.toBe(0)
  })
})

describe('main', () => {
  it('starts, makes the first admin once, publishes its events, answers logins, and drains on SIGTERM', async () => {
    const [port, opsPort] = [await findFreePort(), await findFreePort()]
    const env = {
      PROFILE: 'local',
      DATABASE_URL: database.url,
      EVENT_LOG_DATABASE_URL: log.url,
      SIGNING_KEY_SECRET: signingKeySecret,
      HOST: '127.0.0.1',
      PORT: String(port),
      OPS_PORT: String(opsPort),
      BOOTSTRAP_ADMIN_EMAIL: 'Root@alcove.test',
      BOOTSTRAP_ADMIN_PASSWORD: 'first-admin',
      LOG_LEVEL: 'warn',
    }
    for (let time = 0; time < 2; time += 1) {
      const main = run('main', env)
      await waitFor(async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).ok, { timeoutMs: 50_000, what: `readiness: ${main.out.stderr}` })
      const answer = await fetch(`http://127.0.0.1:${port}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'root@alcove.test', password: 'first-admin' }),
      })
      // The password from the Secret opens one session, whatever is restarted.
      expect(answer.status).toBe(time === 0 ? 200 : 401)
      if (answer.ok) expect(decodeJwt(((await answer.json()) as { accessToken: string }).accessToken).roles).toEqual(['member', 'admin'])
      await waitFor(async () => (await database.pool.query('SELECT 1 FROM outbox')).rowCount === 0, { what: 'an empty outbox' })
      main.child.kill('SIGTERM')
      expect(await main.exited, main.out.stderr).toEqual([0, null])
      expect(main.out.stdout + main.out.stderr).not.toContain('first-admin')
    }
    const { rows } = await database.pool.query("SELECT 1 FROM account WHERE email = 'root@alcove.test'")
    expect(rows).toHaveLength(1)
  }, 180_000)

  it('names every problem of its configuration and exits with 1', async () => {
    const main = run('main', { SIGNING_KEY_SECRET: 'too short', PORT: 'many' })
    expect((await main.exited)[0]).toBe(1)
    for (const name of ['DATABASE_URL', 'SIGNING_KEY_SECRET', 'PORT']) expect(main.out.stderr).toContain(name)
    expect(main.out.stderr).not.toContain('too short')
  })
})
