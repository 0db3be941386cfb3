import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bookingConfirmed, type BookingState } from '@alcove/contracts'
import { createEmbeddedLog, type Transport } from '@alcove/events'
import { newId } from '@alcove/kit'
import { buildEvent, createTestDatabase, createTestLog, findFreePort, waitFor, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAccount, buildBooking, buildDetail, buildPerson } from './builders.ts'

const patience = { timeoutMs: 60_000 }
let database: TestDatabase
let log: TestDatabase
let transport: Transport
let neighbours: Server
let directory: string
let env: Record<string, string>

beforeAll(async () => {
  ;[database, log, directory] = await Promise.all([createTestDatabase('notification'), createTestLog(), mkdtemp(join(tmpdir(), 'alcove-notification-'))])
  transport = createEmbeddedLog({ pool: log.pool, log: { warn: () => undefined } })
  neighbours = createServer((request, response) => {
    const id = request.url!.split('/').at(-1)!
    const known = {
      accounts: buildAccount({ id }),
      people: buildPerson({ id }),
      bookings: buildDetail({ state: buildBooking({ bookingId: id, status: 'confirmed' }) }),
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(known[request.url!.split('/')[2] as keyof typeof known]))
  })
  await new Promise<void>((resolve) => neighbours.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(neighbours.address() as { port: number }).port}`
  for (const callee of ['auth', 'user', 'booking']) await writeFile(join(directory, callee), 'token')
  env = {
    PROFILE: 'local',
    TEST_CONTROLS: 'on',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    DATABASE_URL: database.url,
    EVENT_LOG_DATABASE_URL: log.url,
    SERVICE_TOKEN_DIR: directory,
    AUTH_SERVICE_URL: url,
    USER_SERVICE_URL: url,
    BOOKING_SERVICE_URL: url,
  }
})
afterAll(async () => {
  await new Promise((resolve) => neighbours.close(resolve))
  await Promise.all([database.drop(), log.drop(), rm(directory, { recursive: true })])
})

async function startProcess() {
  const [port, opsPort] = [await findFreePort(), await findFreePort()]
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env.PATH, ...env, PORT: String(port), OPS_PORT: String(opsPort) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const ops = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${opsPort}${path}`, init)
  await waitFor(async () => (await ops('/readyz')).ok, patience).catch((error: Error) => {
    child.kill('SIGKILL')
    throw new Error(`not ready: ${stderr}`, { cause: error })
  })
  return { child, exited, port, arm: (name: string) => ops('/kill-point', { method: 'PUT', body: JSON.stringify({ name }) }) }
}

async function publish(state: Partial<BookingState> = {}): Promise<string> {
  const event = buildEvent(bookingConfirmed, buildBooking({ ...bookingConfirmed.example, bookingId: newId(), ...state }))
  await transport.publish('booking', [{ key: event.subject, value: JSON.stringify(event) }])
  return event.id
}

const countMails = async (eventId: string) => (await database.pool.query('SELECT FROM mailbox WHERE event_id = $1', [eventId])).rowCount
const isAllDone = async () => (await database.pool.query("SELECT FROM message WHERE state = 'owed'")).rowCount === 0

describe('killed by SIGKILL', () => {
  test.each(['inbox.effect', 'inbox.committed', 'message.leased', 'message.written', 'message.finished'])(
    'at %s: after a restart the mail and the inbox item are there exactly once',
    async (point) => {
      const first = await startProcess()
      expect((await first.arm(point)).status).toBe(200)
      const eventId = await publish()
      expect(await first.exited).toEqual([null, 'SIGKILL'])
      const second = await startProcess()
      // The dead process's lease is over: seconds of real time that the test does not wait.
      await database.pool.query("UPDATE message SET due_at = to_timestamp(0) WHERE state = 'owed'")
      await waitFor(async () => (await countMails(eventId)) === 1 && (await isAllDone()), patience)
      // Whatever came after it has been through, so a repeat would be there by now.
      const next = await publish()
      await waitFor(async () => (await countMails(next)) === 1 && (await isAllDone()), patience)
      expect(await countMails(eventId)).toBe(1)
      expect((await database.pool.query('SELECT FROM notification WHERE event_id = $1', [eventId])).rowCount).toBe(1)
      second.child.kill('SIGTERM')
      expect(await second.exited).toEqual([0, null])
    },
    240_000,
  )
})

test('an event becomes a mail in the mailbox, shown over HTTP', async () => {
  const main = await startProcess()
  const eventId = await publish()
  const answer = await waitFor(async () => {
    const response = await fetch(`http://127.0.0.1:${main.port}/dev/mailbox`, { headers: { accept: 'application/json' } })
    const { items } = (await response.json()) as { items: { eventId: string; to: string; subject: string }[] }
    return items.find((item) => item.eventId === eventId)
  }, patience)
  expect(answer).toMatchObject({ to: 'ann@example.org', subject: expect.stringContaining('ALC-7Q2M4K') })
  main.child.kill('SIGTERM')
  expect(await main.exited).toEqual([0, null])
}, 240_000)
