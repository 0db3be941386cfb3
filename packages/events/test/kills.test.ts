import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bookingCreated } from '@alcove/contracts'
import { createClock, createLogger, newId } from '@alcove/kit'
import { buildEvent, createTestDatabase, createTestLog, waitFor, type TestDatabase } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createInbox, listDeadLetters, onEvent, writeEvent } from '../src/index.ts'

let database: TestDatabase
let logDatabase: TestDatabase
const children: ChildProcess[] = []

beforeEach(async () => {
  ;[database, logDatabase] = await Promise.all([createTestDatabase('none'), createTestLog()])
  await database.pool.query('CREATE TABLE effect (key text, version int)')
})
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await end(child)
  await database.drop()
  await logDatabase.drop()
})

function startProcess(killAt?: string, replay?: string): ChildProcess {
  const env = { ...process.env, DATABASE: database.url, LOG_DATABASE: logDatabase.url, KILL_AT: killAt, REPLAY: replay }
  const child = spawn(process.execPath, [fileURLToPath(new URL('worker-process.ts', import.meta.url))], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}

describe('a process killed at any step of an event’s way', () => {
  it.each(['outbox.read', 'outbox.published', 'inbox.effect', 'inbox.committed'])('%s: each event has one effect afterwards, in order', async (killAt) => {
    const keys = Array.from({ length: 5 }, () => newId())
    for (let version = 1; version <= 3; version += 1) {
      for (const key of keys)
        await writeEvent(database.pool, bookingCreated, { key, data: { ...bookingCreated.example, bookingId: key, version }, now: new Date() })
    }
    const killed = startProcess(killAt)
    await waitFor(() => killed.signalCode === 'SIGKILL', { timeoutMs: 30_000, what: 'the process to be killed' })
    startProcess()
    const effects = async () => (await database.pool.query<{ key: string; version: number }>('SELECT key, version FROM effect')).rows
    const isDone = async () => (await effects()).length >= 15 && (await database.pool.query('SELECT 1 FROM outbox')).rowCount === 0
    await waitFor(isDone, { timeoutMs: 30_000, what: 'the successor to finish' })
    for (const key of keys) expect((await effects()).flatMap((row) => (row.key === key ? [row.version] : []))).toEqual([1, 2, 3])
  })
})

/** Lets one event die, as five failures do, and answers its letter's id. */
async function bury(): Promise<string> {
  const fails = onEvent(bookingCreated, async () => {
    throw new Error('no')
  })
  const log = createLogger({ service: 'test', level: 'silent' })
  const event = buildEvent(bookingCreated)
  const delivery = { topic: 'booking', partition: 0, offset: 0n, key: event.subject, value: JSON.stringify(event) }
  await createInbox({ pool: database.pool, handlers: [fails], clock: createClock(), log }).process([delivery], new AbortController().signal)
  return (await listDeadLetters(database.pool, { limit: 1 }))[0]!.id
}

const countAll = async () => {
  const { rows } = await database.pool.query<Record<'letters' | 'effects' | 'audits', number>>(
    `SELECT (SELECT count(*)::int FROM dead_letter) AS letters, (SELECT count(*)::int FROM effect) AS effects, (SELECT count(*)::int FROM outbox) AS audits`,
  )
  return rows[0]
}

describe('a process killed in the middle of a replay', () => {
  it.each([
    ['replay.effect', { letters: 1, effects: 0, audits: 0 }],
    ['replay.committed', { letters: 0, effects: 1, audits: 1 }],
  ])('%s: leaves the dead letter or its effect, never both and never none; a second replay leaves one effect', async (killAt, left) => {
    const id = await bury()
    const killed = startProcess(killAt, id)
    await waitFor(() => killed.signalCode === 'SIGKILL', { timeoutMs: 30_000, what: 'the process to be killed' })
    // PostgreSQL may need a moment to see that its client is gone.
    await waitFor(async () => {
      expect(await countAll()).toEqual(left)
      return true
    })
    const next = startProcess(undefined, id)
    await waitFor(() => next.exitCode === 0, { timeoutMs: 30_000, what: 'the second replay' })
    expect(await countAll()).toEqual({ letters: 0, effects: 1, audits: 1 })
  })
})
