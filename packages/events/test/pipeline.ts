import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { bookingCreated } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { createLogger, newId } from '@alcove/kit'
import { createTestClock, createTestDatabase, waitFor, type TestDatabase } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createConsumer, createRelay, listDeadLetters, onEvent, TransientError, writeEvent, type Handler, type Transport } from '../src/index.ts'
import type { ConformanceSubject } from './conformance.ts'
import { renameTopics } from './renamed.ts'

/** A transport with the whole way of an event over it: outbox, relay, consumer, inbox. */
export interface PipelineSubject extends ConformanceSubject {
  /** What `createTransport` needs to reach it from another process. */
  env(): Record<string, string>
}

const LIMIT_MS = 120_000
const log = createLogger({ service: 'test', level: 'silent' })
const rest: { stop(): Promise<void> }[] = []
const children: ChildProcess[] = []
let database: TestDatabase
let transport: Transport
let suffix: string
let group: string

const write = (key: string, version: number) =>
  writeEvent(database.pool, bookingCreated, { key, data: { ...bookingCreated.example, bookingId: key, version }, now: new Date() })
const effects = async () => (await database.pool.query<{ key: string; version: number }>('SELECT key, version FROM effect ORDER BY position')).rows
const versionsOf = async (key: string) => (await effects()).flatMap((row) => (row.key === key ? [row.version] : []))
const isEmpty = async () => (await database.pool.query('SELECT 1 FROM outbox')).rowCount === 0
const record = onEvent(bookingCreated, async ({ tx, event }) => {
  await tx.query('INSERT INTO effect VALUES ($1, $2)', [event.subject, event.data.version])
})

function startRelay(over = transport) {
  const relay = createRelay({ pool: database.pool, transport: over, service: 'booking', log, pollMs: 10 })
  rest.push(relay)
  void relay.start()
  return relay
}

async function startConsumer(handlers: Handler[] = [record], over = transport) {
  const consumer = createConsumer({ service: group, pool: database.pool, transport: over, log, clock: createTestClock(), handlers })
  rest.push(consumer)
  await consumer.start()
  return consumer
}

function startProcess(env: Record<string, string>, killAt?: string): ChildProcess {
  const all = { ...process.env, ...env, DATABASE: database.url, SUFFIX: suffix, KILL_AT: killAt }
  const child = spawn(process.execPath, [fileURLToPath(new URL('pipeline-process.ts', import.meta.url))], { env: all, stdio: ['ignore', 'inherit', 'inherit'] })
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await exited
}

/** What every transport gives an event on its whole way: one effect, in order, whatever is slow, killed or comes twice. */
export function describePipeline(subject: PipelineSubject): void {
  beforeEach(async () => {
    suffix = randomUUID()
    group = `pipeline-${suffix}`
    database = await createTestDatabase('none')
    await database.pool.query('CREATE TABLE effect (key text, version int, position bigint GENERATED ALWAYS AS IDENTITY)')
    await subject.makeTopic?.(`booking-${suffix}`)
    transport = renameTopics(await subject.connect(), suffix)
  })
  afterEach(async () => {
    await Promise.all(rest.splice(0).map((part) => part.stop()))
    await Promise.all(children.splice(0).map(end))
    await transport.close()
    await database.drop()
  })

  describe(`events over ${subject.name}`, () => {
    it('loses nothing that a slow transaction wrote before others that committed first', async () => {
      startRelay()
      await startConsumer()
      const [slow, quick] = [newId(), newId()]
      await withTransaction(database.pool, async (tx) => {
        await writeEvent(tx, bookingCreated, { key: slow, data: { ...bookingCreated.example, bookingId: slow, version: 1 }, now: new Date() })
        for (let version = 1; version <= 5; version += 1) await write(quick, version)
        await waitFor(async () => (await versionsOf(quick)).length === 5, { timeoutMs: LIMIT_MS })
        expect(await versionsOf(slow)).toEqual([])
      })
      await waitFor(async () => (await versionsOf(slow)).length === 1, { timeoutMs: LIMIT_MS })
      expect(await versionsOf(quick)).toEqual([1, 2, 3, 4, 5])
    })

    it('has one effect of each event, in order, while members of the group come and go', async () => {
      const keys = Array.from({ length: 20 }, () => newId())
      startRelay()
      const [first, second] = [await startConsumer(), renameTopics(await subject.connect(), suffix)]
      const rounds = 30
      for (let version = 1; version <= rounds; version += 1) {
        await Promise.all(keys.map((key) => write(key, version)))
        if (version === 10) await startConsumer([record], second)
        if (version === 20) await first.stop()
      }
      await waitFor(async () => (await effects()).length >= keys.length * rounds, { timeoutMs: LIMIT_MS, what: 'every effect' })
      for (const key of keys) expect(await versionsOf(key)).toEqual(Array.from({ length: rounds }, (_, n) => n + 1))
      await Promise.all(rest.splice(0).map((part) => part.stop()))
      await second.close()
    })

    it('makes a dead letter of what fails five times and of poison, waits for what is not available, and other keys go on', async () => {
      const [bad, waiting, good] = [newId(), newId(), newId()]
      let [tries, isAvailable] = [0, false]
      startRelay()
      const consumer = await startConsumer([
        onEvent(bookingCreated, async (ctx) => {
          if (ctx.event.subject === bad) throw new Error(`try ${++tries}`)
          if (ctx.event.subject === waiting && !isAvailable) throw new TransientError('the dependency is away')
          await record.effect(ctx as never)
        }),
      ])
      await transport.publish('booking', [{ key: bad, value: '{"poison' }])
      for (const key of [bad, waiting, good]) await write(key, 1)
      await waitFor(async () => (await listDeadLetters(database.pool, { limit: 10 })).length === 2, { timeoutMs: LIMIT_MS, what: 'two dead letters' })
      isAvailable = true
      await write(good, 2)
      await waitFor(async () => (await versionsOf(waiting)).length === 1 && (await versionsOf(good)).length === 2, { timeoutMs: LIMIT_MS })
      expect(await versionsOf(good)).toEqual([1, 2])
      const letters = await listDeadLetters(database.pool, { limit: 10 })
      expect(letters.map(({ reason, key }) => `${reason} ${key === bad}`).sort()).toEqual(['failed true', 'poison true'])
      // With its neighbours in one transaction first, then alone.
      expect(tries).toBeGreaterThanOrEqual(5)
      await waitFor(async () => (await consumer.lag()) === 0, { timeoutMs: LIMIT_MS })
    })

    it.each(['outbox.read', 'outbox.published', 'inbox.effect', 'inbox.committed'])(
      'has one effect of each event, in order, after a process was killed at %s',
      async (killAt) => {
        const keys = Array.from({ length: 5 }, () => newId())
        for (let version = 1; version <= 3; version += 1) for (const key of keys) await write(key, version)
        const killed = startProcess(subject.env(), killAt)
        await waitFor(() => killed.signalCode === 'SIGKILL', { timeoutMs: LIMIT_MS, what: 'the process to be killed' })
        startProcess(subject.env())
        await waitFor(async () => (await effects()).length >= 15 && (await isEmpty()), { timeoutMs: LIMIT_MS, what: 'the successor to finish' })
        for (const key of keys) expect(await versionsOf(key)).toEqual([1, 2, 3])
      },
    )
  })
}
