import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bookingCreated } from '@alcove/contracts'
import { createClock, createLogger } from '@alcove/kit'
import { buildEvent, createTestDatabase, waitFor, type TestDatabase } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createInbox, listDeadLetters, onEvent } from '../src/index.ts'

let database: TestDatabase
const children: ChildProcess[] = []

beforeEach(async () => {
  database = await createTestDatabase('none')
  await database.pool.query('CREATE TABLE effect (key text, version int)')
})
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await end(child)
  await database.drop()
})

function startProcess(replay: string, killAt?: string): ChildProcess {
  const env = { ...process.env, DATABASE: database.url, KILL_AT: killAt, REPLAY: replay }
  const child = spawn(process.execPath, [fileURLToPath(new URL('replay-process.ts', import.meta.url))], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}

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
    const killed = startProcess(id, killAt)
    await waitFor(() => killed.signalCode === 'SIGKILL', { timeoutMs: 30_000, what: 'the process to be killed' })
    // PostgreSQL may need a moment to see that its client is gone.
    await waitFor(async () => {
      expect(await countAll()).toEqual(left)
      return true
    })
    const next = startProcess(id)
    await waitFor(() => next.exitCode === 0, { timeoutMs: 30_000, what: 'the second replay' })
    expect(await countAll()).toEqual({ letters: 0, effects: 1, audits: 1 })
  })
})
