import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import type { ServiceName } from '@alcove/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../scripts/random.ts'
import { databaseServices } from '../../scripts/supervisor/databases.ts'
import { allServices, nodeBinary, root } from '../../scripts/supervisor/layout.ts'
import { startStack, type Stack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import type { Accepted } from './chaos/client.ts'
import { prepare } from './chaos/ground.ts'
import { judge } from './chaos/invariants.ts'
import { clockAheadMs, drain } from './chaos/run.ts'
import { storm } from './chaos/storm.ts'
import { createTally } from './chaos/tally.ts'
import { query } from './databases.ts'
import { card, slot } from './places.ts'

const services = databaseServices as ServiceName[]
const dir = mkdtempSync(join(tmpdir(), 'alcove-backup-'))
const fileOf = (service: string) => join(dir, `${service}.backup`)
const options = { env: { RATE_LIMITS: 'off' }, serviceEnv: { booking: { HOLD_TTL_SECONDS: '30' } }, durable: false } as const
const accepted: Accepted[] = []
const contradictions: string[] = []
let old: Api
let restored: Api
let sessions: Session[]
let spaceId: string
let counts: Record<string, number>

/** What an image runs as `dist/backup.js` and `dist/restore.js`, under the environment of its service. */
async function run(stack: Stack, program: 'backup' | 'restore', service: ServiceName, args: string[] = []): Promise<{ code: number | null; says: string }> {
  const env = { ...process.env, ...stack.envOf(service) }
  const child = spawn(nodeBinary, [join(root, 'packages/events/src/programs', `${program}.ts`), service, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  if (program === 'restore') createReadStream(fileOf(service)).pipe(child.stdin.on('error', () => undefined))
  const file = program === 'backup' ? child.stdout.pipe(createWriteStream(fileOf(service))) : child.stdout.resume()
  const [code, says] = await Promise.all([ended, text(child.stderr), finished(file).catch(() => undefined)])
  return { code, says }
}

const stopAll = (stack: Stack) => Promise.all(allServices.map((service) => stack.stop(service)))
const startAll = (stack: Stack, names: readonly ServiceName[] = allServices) => Promise.all(names.map((service) => stack.start(service)))

/** As docs/operations/backup.md says: the way in is closed, what is under way arrives, everything stops, every database is written out. */
async function backUp(stack: Stack): Promise<void> {
  await stack.stop('gateway')
  await eventually(
    'a moment with nothing under way',
    async () => {
      await stopAll(stack)
      const outcomes = await Promise.all(services.map((service) => run(stack, 'backup', service)))
      if (outcomes.every(({ code }) => code === 0)) return true
      for (const { says } of outcomes.filter(({ code }) => code !== 0))
        expect(says).toMatch(/^\d+ events wait (in the outbox|on the broker): start [a-z]+ until/)
      await startAll(stack, services)
      return false
    },
    200_000,
  )
}

async function countAll(stack: Stack): Promise<Record<string, number>> {
  const asked = {
    auth: ['account', 'session', 'signing_key'],
    booking: ['booking', 'booking_history'],
    payment: ['payment'],
    notification: ['message', 'mailbox'],
    workspace: ['space'],
  }
  const found = Object.entries(asked).flatMap(([service, tables]) =>
    tables.map(
      async (table) => [`${service}.${table}`, (await query<{ n: number }>(stack, service, `SELECT count(*)::int AS n FROM ${table}`))[0]!.n] as const,
    ),
  )
  return Object.fromEntries(await Promise.all(found))
}

beforeAll(async () => {
  old = connect(await startStack({ ...options, demo: 'accounts' }))
  const ground = await prepare(old, 4)
  sessions = ground.members
  spaceId = ground.lobby.spaceId
  const endsAt = Date.now() + 12_000
  const clients = ground.members.map((member, index) => {
    const times = { now: () => Date.now(), isEnding: () => Date.now() > endsAt, isOver: () => Date.now() > endsAt }
    return storm({
      api: old,
      member,
      random: createRandom(index + 1),
      requests: createTally(),
      tries: createTally(),
      accepted,
      contradictions,
      ...ground,
      ...times,
    })
  })
  await eventually('something is booked', async () => accepted.length > 20)
  // The load goes on against a closed door.
  await backUp(old.stack)
  await Promise.all(clients)
  counts = await countAll(old.stack)
  const keys = old.stack.envOf('auth').SIGNING_KEY_SECRET!
  await old.close()
  await old.stack.down()

  restored = connect(await startStack({ ...options, serviceEnv: { ...options.serviceEnv, auth: { SIGNING_KEY_SECRET: keys } } }))
  await stopAll(restored.stack)
  const outcomes = await Promise.all(services.map((service) => run(restored.stack, 'restore', service)))
  expect(outcomes.filter(({ code }) => code !== 0)).toEqual([])
  expect(await countAll(restored.stack)).toEqual(counts)
  await startAll(restored.stack)
}, 900_000)
afterAll(async () => {
  await restored?.close()
  await restored?.stack.down()
  rmSync(dir, { recursive: true, force: true })
})

describe('a backup under load, restored into an empty installation with an empty broker', () => {
  it('agrees with itself and with what members were told', async () => {
    expect(accepted.length).toBeGreaterThan(20)
    expect(services.every((service) => statSync(fileOf(service)).size > 100)).toBe(true)
    expect(await drain(restored.stack)).toEqual([])
    const verdicts = await judge(restored.stack, { accepted, contradictions }, new Date(Date.now() + clockAheadMs))
    expect(verdicts.filter(({ wrong }) => wrong.length > 0)).toEqual([])
    restored.stack.setClockOffsetMs(0)
  })

  it('keeps sessions, and a request repeated under its key gives the booking from before', async () => {
    const refreshed = await restored.call<{ accessToken: string }>('POST', '/api/v1/auth/refresh', { body: { refreshToken: sessions[0]!.refreshToken } })
    expect(refreshed.status, JSON.stringify(refreshed.body)).toBe(200)
    const booked = accepted.find(({ key, act }) => key && act === 'book')!
    const again = await restored.call<{ id: string }>('POST', '/api/v1/bookings', {
      token: booked.token,
      body: booked.body,
      headers: { 'idempotency-key': booked.key! },
    })
    expect(again.body.id, JSON.stringify(again.body)).toBe(booked.bookingId)
  })

  it('goes on: a new booking is paid, mailed once and reported', async () => {
    const member = await restored.login('member2')
    const booked = (await member.call('POST', '/api/v1/bookings', { spaceId, ...slot(200, 1), payment: card() })) as unknown as BookingAnswer
    expect(booked.status, JSON.stringify(booked.body)).toBe(201)
    await eventually('it is captured', async () => {
      const payments = await member.call<{ items: { status: string }[] }>('GET', `/api/v1/payments?bookingId=${booked.body.id}`)
      return payments.body.items.some(({ status }) => status === 'captured')
    })
    const mails = () =>
      query<{ n: number }>(restored.stack, 'notification', 'SELECT count(*)::int AS n FROM mailbox WHERE subject LIKE $1', [`%${booked.body.reference}%`])
    await eventually('its mail', async () => (await mails())[0]!.n > 0)
    expect(await drain(restored.stack)).toEqual([])
    expect((await mails())[0]!.n).toBe(1)
    const verdicts = await judge(restored.stack, { accepted, contradictions }, new Date(Date.now() + clockAheadMs))
    expect(verdicts.filter(({ wrong }) => wrong.length > 0)).toEqual([])
  })

  it('gets another sealing key as docs/operations/secrets.md says: sessions go on', async () => {
    const member = await restored.login('member3')
    await restored.stack.stop('auth')
    await query(restored.stack, 'auth', 'DELETE FROM signing_key')
    await restored.stack.setEnv('auth', { SIGNING_KEY_SECRET: randomBytes(32).toString('base64') })
    await restored.stack.start('auth')
    const isContinued = eventually('the session is continued', async () => {
      const answer = await restored.call<{ accessToken: string }>('POST', '/api/v1/auth/refresh', { body: { refreshToken: member.refreshToken } })
      if (answer.status !== 200) return false
      return (await restored.call('GET', '/api/v1/users/me', { token: answer.body.accessToken })).status === 200
    })
    expect(await isContinued).toBe(true)
  })

  it('gets another password of a database as docs/operations/secrets.md says', async () => {
    const url = new URL(restored.stack.databaseUrls.booking!)
    const password = randomBytes(16).toString('hex')
    await query(restored.stack, 'postgres', `ALTER ROLE booking PASSWORD '${password}'`)
    url.password = password
    await restored.stack.setEnv('booking', { DATABASE_URL: url.href })
    const member = await restored.login('member4')
    expect(await eventually('bookings are answered again', async () => (await member.call('GET', '/api/v1/bookings')).status === 200)).toBe(true)
    await query(restored.stack, 'postgres', `ALTER ROLE booking PASSWORD '${new URL(restored.stack.databaseUrls.booking!).password}'`)
  })

  it('is not written over by mistake', async () => {
    const { code, says } = await run(restored.stack, 'restore', 'payment')
    expect([code, says]).toEqual([1, expect.stringMatching(/^there are rows already, in .*public\.payment.*: with --replace they are removed/)])
  })
})
