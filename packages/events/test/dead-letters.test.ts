import { bookingCreated, type Audit, type JsonPatch } from '@alcove/contracts'
import { createLogger, newId, newTraceparent, type KillPoints } from '@alcove/kit'
import { createTestClock, waitFor } from '@alcove/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  discardDeadLetter,
  onEvent,
  replayDeadLetter,
  replayDeadLetters,
  superseded,
  TransientError,
  tryDeadLetter,
  type Consumer,
  type DeadLetterDeps,
  type Handler,
  type HandlerOptions,
  type ReplayMany,
} from '../src/index.ts'
import { build, createConsumerFixture, type ConsumerFixture } from './consumer-fixture.ts'

let fixture: ConsumerFixture
/** Keys whose first version the handler refuses. */
let broken: Set<string>
let afterCommit: string[]
let woken: number

beforeAll(async () => {
  fixture = await createConsumerFixture()
  await fixture.database.pool.query('CREATE TABLE aggregate (key text PRIMARY KEY, version int NOT NULL)')
})
afterAll(() => fixture?.close())
beforeEach(async () => {
  await fixture.database.pool.query('TRUNCATE aggregate, effect, inbox, outbox, dead_letter, settled_dead_letter, parked_key, waiting_partition')
  broken = new Set()
  afterCommit = []
  woken = 0
})
afterEach(() => fixture.stopConsumers())

/** Applies only what is newer than what it has, as handlers do; `effect` also shows what was applied. */
const createHandler = (options: HandlerOptions = {}): Handler =>
  onEvent(
    bookingCreated,
    async ({ tx, event }) => {
      if (broken.has(event.subject) && event.data.reference !== 'mended') throw new Error(`${event.subject} is broken`)
      const { rowCount } = await tx.query(
        'INSERT INTO aggregate AS a VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET version = excluded.version WHERE a.version < excluded.version',
        [event.subject, event.data.version],
      )
      if (rowCount === 0) return superseded
      await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [event.id, event.subject, event.data.version])
      return () => void afterCommit.push(event.subject)
    },
    options,
  )

const actor = { userId: newId(), requestId: 'r-1', traceparent: newTraceparent() }
const depsOf = (handlers: Handler[], killPoints?: Pick<KillPoints, 'reach'>): DeadLetterDeps => ({
  pool: fixture.database.pool,
  handlers,
  clock: createTestClock(),
  log: createLogger({ service: 'test', level: 'silent' }),
  killPoints,
  topic: 'booking',
  wakeRelay: () => void (woken += 1),
})
const many = (options: Partial<ReplayMany> = {}): ReplayMany => ({
  limit: 100,
  dryRun: false,
  actor,
  hasTime: () => true,
  pause: async () => undefined,
  ...options,
})
const audits = async () => {
  const { rows } = await fixture.database.pool.query<{ data: Audit; traceparent: string; type: string; topic: string }>(
    'SELECT data, traceparent, type, topic FROM outbox ORDER BY seq',
  )
  return rows
}
const mend: JsonPatch = [{ op: 'replace', path: '/data/reference', value: 'mended' }]

/** Lets events die and answers their letters, oldest first. */
async function bury(handlers: Handler[], events: ReturnType<typeof build>[]): Promise<{ consumer: Consumer; ids: string[] }> {
  const consumer = await fixture.startConsumer(handlers)
  await fixture.publish(...events)
  await fixture.drained(consumer)
  return { consumer, ids: (await fixture.letters()).map(({ id }) => id).reverse() }
}

describe('a replay', () => {
  it('has the effect, removes the letter and records who did it, together', async () => {
    const handlers = [createHandler()]
    const event = build()
    broken.add(event.subject)
    const { ids } = await bury(handlers, [event])
    broken.clear()
    expect(await replayDeadLetter(depsOf(handlers), { id: ids[0]!, actor })).toBe('applied')
    expect(await fixture.effects()).toEqual([{ key: event.subject, version: 1 }])
    expect(await fixture.letters()).toEqual([])
    expect(afterCommit).toEqual([event.subject])
    expect(woken).toBe(1)
    const [audit, ...more] = await audits()
    expect(more).toEqual([])
    expect(audit).toMatchObject({ type: 'audit.recorded.v1', topic: 'booking', traceparent: actor.traceparent })
    expect(audit!.data).toMatchObject({ action: 'dead-letter.replayed', subject: ids[0], actor: { type: 'user', id: actor.userId }, requestId: 'r-1' })
  })

  it('has one effect and one audit record however often it is asked for, also at once', async () => {
    const handlers = [createHandler()]
    const event = build()
    broken.add(event.subject)
    const { ids, consumer } = await bury(handlers, [event])
    broken.clear()
    const deps = depsOf(handlers)
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => replayDeadLetter(deps, { id: ids[0]!, actor })))
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => 'applied'))
    expect(await replayDeadLetter(deps, { id: ids[0]!, actor })).toBe('applied')
    // The event itself may also come again.
    await fixture.publish(event)
    await fixture.drained(consumer)
    expect(await fixture.effects()).toHaveLength(1)
    expect(await audits()).toHaveLength(1)
    expect(afterCommit).toHaveLength(1)
  })

  it('keeps the letter when the event fails again, and says why', async () => {
    const handlers = [createHandler()]
    const event = build()
    broken.add(event.subject)
    const { ids } = await bury(handlers, [event])
    await expect(replayDeadLetter(depsOf(handlers), { id: ids[0]!, actor })).rejects.toMatchObject({
      slug: 'illegal-transition',
      detail: expect.stringContaining(`${event.subject} is broken`),
    })
    expect((await fixture.letters()).map(({ id }) => id)).toEqual(ids)
    expect(await audits()).toEqual([])
  })

  it('of an older version than the aggregate has is recorded as superseded and not applied', async () => {
    const handlers = [createHandler()]
    const key = newId()
    broken.add(key)
    const { ids, consumer } = await bury(handlers, [build(key, 1)])
    broken.clear()
    await fixture.publish(build(key, 2))
    await fixture.drained(consumer)
    const deps = depsOf(handlers)
    expect(await tryDeadLetter(deps, { id: ids[0]! })).toMatchObject({ outcome: 'superseded' })
    expect(await replayDeadLetter(deps, { id: ids[0]!, actor })).toBe('superseded')
    expect(await replayDeadLetter(deps, { id: ids[0]!, actor })).toBe('superseded')
    expect(await fixture.effects()).toEqual([{ key, version: 2 }])
    expect((await audits()).map(({ data }) => data.action)).toEqual(['dead-letter.superseded'])
    expect(await fixture.letters()).toEqual([])
  })

  it('is not-found for a letter that never was, and for one that was discarded', async () => {
    const handlers = [createHandler()]
    const event = build()
    broken.add(event.subject)
    const { ids } = await bury(handlers, [event])
    const deps = depsOf(handlers)
    await expect(replayDeadLetter(deps, { id: newId(), actor })).rejects.toMatchObject({ slug: 'not-found' })
    await discardDeadLetter(deps, { id: ids[0]!, actor })
    await expect(replayDeadLetter(deps, { id: ids[0]!, actor })).rejects.toMatchObject({ slug: 'not-found' })
    await expect(discardDeadLetter(deps, { id: ids[0]!, actor })).rejects.toMatchObject({ slug: 'not-found' })
    expect((await audits()).map(({ data }) => data.action)).toEqual(['dead-letter.discarded'])
    expect(await fixture.effects()).toEqual([])
  })

  it('is refused while the consumer waits for what is not available, and possible when it goes on', async () => {
    let available = true
    const handlers = [
      createHandler(),
      onEvent({ topic: 'booking', type: 'booking.confirmed.v1' }, async () => {
        if (!available) throw new TransientError('the dependency is down')
      }),
    ]
    const event = build()
    broken.add(event.subject)
    const { ids, consumer } = await bury(handlers, [event])
    broken.clear()
    available = false
    await fixture.publish({ ...build(), type: 'booking.confirmed.v1' })
    await waitFor(async () => (await fixture.database.pool.query('SELECT FROM waiting_partition')).rowCount === 1, { what: 'the consumer to wait' })
    const deps = depsOf(handlers)
    const refusal = { slug: 'illegal-transition', detail: expect.stringContaining('the dependency is down') }
    await expect(replayDeadLetter(deps, { id: ids[0]!, actor })).rejects.toMatchObject(refusal)
    await expect(replayDeadLetters(deps, many())).rejects.toMatchObject(refusal)
    expect(await tryDeadLetter(deps, { id: ids[0]! })).toMatchObject({ outcome: 'applied' })
    expect(await fixture.letters()).toHaveLength(1)
    available = true
    await fixture.drained(consumer)
    expect(await waitFor(() => replayDeadLetter(deps, { id: ids[0]!, actor }), { what: 'the replay after it' })).toBe('applied')
  })
})

describe('a dry run', () => {
  it('tells of each letter what would happen, and writes nothing', async () => {
    const handlers = [createHandler()]
    const [good, bad, old] = [newId(), newId(), newId()]
    for (const key of [good, bad, old]) broken.add(key)
    const { consumer } = await bury(handlers, [build(good, 1), build(good, 2), build(bad), build(old, 1)])
    broken = new Set([bad])
    await fixture.publish(build(old, 2))
    await fixture.drained(consumer)
    const before = [await fixture.letters(), await fixture.effects()]
    const deps = depsOf(handlers)
    const { items, nextAfter } = await replayDeadLetters(deps, many({ dryRun: true }))
    expect(nextAfter).toBeNull()
    const told = new Map(items.map(({ id, outcome, error }) => [id, { outcome, error }]))
    const letters = (await fixture.letters()).toReversed()
    expect(letters.map(({ id, key }) => ({ key, ...told.get(id) }))).toEqual(
      letters.map(({ key }) => ({
        key,
        outcome: key === bad ? 'failed' : key === old ? 'superseded' : 'applied',
        error: key === bad ? `${bad} is broken` : null,
      })),
    )
    expect([await fixture.letters(), await fixture.effects()]).toEqual(before)
    expect(await audits()).toEqual([])
    expect(afterCommit).toEqual([old])
  })

  it('finds what a constraint would say only at the commit', async () => {
    const { pool } = fixture.database
    await pool.query('CREATE TABLE parent (id int PRIMARY KEY)')
    await pool.query('CREATE TABLE child (parent_id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)')
    const handlers = [onEvent(bookingCreated, async ({ tx }) => void (await tx.query('INSERT INTO child VALUES (1)')))]
    const { ids } = await bury(handlers, [build()])
    expect(await tryDeadLetter(depsOf(handlers), { id: ids[0]! })).toMatchObject({ outcome: 'failed', error: expect.stringContaining('foreign key') })
    expect(await fixture.letters()).toHaveLength(1)
  })

  it('of a parked key follows the order in which the letters would be replayed', async () => {
    const handlers = [createHandler({ parkOnFailure: true })]
    const key = newId()
    broken.add(key)
    const { ids } = await bury(handlers, [build(key, 1), build(key, 2)])
    broken.clear()
    const deps = depsOf(handlers)
    expect((await replayDeadLetters(deps, many({ dryRun: true }))).items.map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
    expect(await tryDeadLetter(deps, { id: ids[1]! })).toMatchObject({ outcome: 'skipped', error: expect.stringContaining('older') })
  })
})

describe('a transform', () => {
  it('mends the event; key, id and trace stay', async () => {
    const traces: (string | undefined)[] = []
    const handlers = [createHandler(), onEvent(bookingCreated, async ({ event }) => void traces.push(event.traceparent))]
    const traceparent = newTraceparent()
    const event = { ...build(), traceparent }
    broken.add(event.subject)
    const { ids } = await bury(handlers, [event])
    const deps = depsOf(handlers)
    expect(await tryDeadLetter(deps, { id: ids[0]!, transform: mend })).toMatchObject({ outcome: 'applied' })
    expect(await replayDeadLetter(deps, { id: ids[0]!, transform: mend, actor })).toBe('applied')
    const { rows } = await fixture.database.pool.query('SELECT event_id, key FROM effect')
    expect(rows).toEqual([{ event_id: event.id, key: event.subject }])
    expect(traces.at(-1)).toBe(traceparent)
  })

  it.each<[string, JsonPatch, RegExp]>([
    ['the id', [{ op: 'replace', path: '/id', value: '01890000-0000-7000-8000-000000000099' }], /may not change id/],
    ['the subject', [{ op: 'replace', path: '/subject', value: 'another' }], /may not change subject/],
    ['the trace', [{ op: 'remove', path: '/traceparent' }], /may not change traceparent/],
    ['all of it', [{ op: 'remove', path: '' }], /removes the whole message/],
    ['what is not there', [{ op: 'remove', path: '/data/nothing' }], /nothing at that place/],
    ['what is another', [{ op: 'test', path: '/data/version', value: 7 }], /the value is another/],
    ['the type to one unknown', [{ op: 'replace', path: '/type', value: 'booking.created.v9' }], /no schema/],
    ['the size', Array.from({ length: 40 }, (_, n) => ({ op: 'copy' as const, from: '', path: `/data/c${n}` })), /too large/],
  ])('that changes %s is refused, and the letter stays', async (_what, transform, error) => {
    const handlers = [createHandler()]
    const event = { ...build(), traceparent: newTraceparent() }
    broken.add(event.subject)
    const { ids } = await bury(handlers, [event])
    await expect(replayDeadLetter(depsOf(handlers), { id: ids[0]!, transform, actor })).rejects.toMatchObject({ detail: expect.stringMatching(error) })
    expect(await fixture.letters()).toHaveLength(1)
  })

  it('reaches no prototype', async () => {
    const handlers = [createHandler()]
    const event = build()
    broken.add(event.subject)
    const { ids } = await bury(handlers, [event])
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/data/__proto__/polluted'])
      await tryDeadLetter(depsOf(handlers), { id: ids[0]!, transform: [{ op: 'add', path, value: 1 }] })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('makes an event of what was no JSON, under its key, and only once', async () => {
    const handlers = [createHandler()]
    const [event, other] = [build(), build()]
    const consumer = await fixture.startConsumer(handlers)
    await fixture.publishRaw('{"broken', event.subject)
    await fixture.publishRaw('{"broken again', event.subject)
    await fixture.drained(consumer)
    const [first, second] = (await fixture.letters()).map(({ id }) => id).reverse()
    const deps = depsOf(handlers)
    const replaceWith = (value: object): JsonPatch => [{ op: 'replace', path: '', value }]
    await expect(replayDeadLetter(deps, { id: first!, transform: replaceWith(other), actor })).rejects.toMatchObject({
      detail: expect.stringContaining('must be the message'),
    })
    expect(await replayDeadLetter(deps, { id: first!, transform: replaceWith(event), actor })).toBe('applied')
    expect(await replayDeadLetter(deps, { id: second!, transform: replaceWith(event), actor })).toBe('superseded')
    await fixture.publish(event)
    await fixture.drained(consumer)
    expect(await fixture.effects()).toEqual([{ key: event.subject, version: 1 }])
  })
})

describe('letters of one event', () => {
  it('that was handled are superseded', async () => {
    const handlers = [createHandler()]
    const event = build()
    const consumer = await fixture.startConsumer(handlers)
    await fixture.publish(event)
    await fixture.publishRaw(JSON.stringify({ ...event, data: { ...event.data, status: 'flying', version: 5 } }), event.subject)
    await fixture.drained(consumer)
    const [letter] = await fixture.letters()
    const transform: JsonPatch = [{ op: 'replace', path: '/data/status', value: 'confirmed' }]
    expect(await replayDeadLetter(depsOf(handlers), { id: letter!.id, transform, actor })).toBe('superseded')
    expect(await fixture.effects()).toEqual([{ key: event.subject, version: 1 }])
  })

  it('have one effect when they are replayed at once', async () => {
    // A handler without versions, and slow: only the letters themselves can prevent a second effect.
    const handlers = [
      onEvent(bookingCreated, async ({ tx, event }) => {
        await tx.query('SELECT pg_sleep(0.3)')
        await tx.query('INSERT INTO effect VALUES ($1, $2, 1)', [event.id, event.subject])
      }),
    ]
    const event = build()
    const consumer = await fixture.startConsumer(handlers)
    for (const status of ['flying', 'swimming']) await fixture.publishRaw(JSON.stringify({ ...event, data: { ...event.data, status } }), event.subject)
    await fixture.drained(consumer)
    const transform: JsonPatch = [{ op: 'replace', path: '/data/status', value: 'confirmed' }]
    const letters = await fixture.letters()
    expect(letters).toHaveLength(2)
    const outcomes = await Promise.all(letters.map(({ id }) => replayDeadLetter(depsOf(handlers), { id, transform, actor })))
    expect(outcomes.sort()).toEqual(['applied', 'superseded'])
    expect(await fixture.effects()).toHaveLength(1)
  })

  it('are one when a failed event comes again, and none when a handled one comes again on a parked key', async () => {
    const handlers = [createHandler({ parkOnFailure: true })]
    const key = newId()
    const [first, second] = [build(key, 1), build(key, 2)]
    const consumer = await fixture.startConsumer(handlers)
    await fixture.publish(first)
    await fixture.drained(consumer)
    broken.add(key)
    await fixture.publish(second, second, first)
    await fixture.drained(consumer)
    expect((await fixture.letters()).map(({ eventId }) => eventId)).toEqual([second.id])
  })
})

describe('a parked key', () => {
  it('takes later events of the key along; other keys go on; letters are replayed in order', async () => {
    const handlers = [createHandler({ parkOnFailure: true })]
    const [bad, good] = [newId(), newId()]
    broken.add(bad)
    const { ids, consumer } = await bury(handlers, [build(bad, 1), build(good, 1), build(bad, 2), build(bad, 3)])
    expect(await fixture.effects()).toEqual([{ key: good, version: 1 }])
    expect((await fixture.letters()).toReversed().map(({ reason }) => reason)).toEqual(['failed', 'parked', 'parked'])
    broken.clear()
    const deps = depsOf(handlers)
    await expect(replayDeadLetter(deps, { id: ids[1]!, actor })).rejects.toMatchObject({ slug: 'illegal-transition', detail: expect.stringContaining('older') })
    expect(await replayDeadLetter(deps, { id: ids[0]!, actor })).toBe('applied')
    expect(await replayDeadLetter(deps, { id: ids[1]!, actor })).toBe('applied')
    await discardDeadLetter(deps, { id: ids[2]!, actor })
    await fixture.publish(build(bad, 4))
    await fixture.drained(consumer)
    expect((await fixture.effects()).filter(({ key }) => key === bad).map(({ version }) => version)).toEqual([1, 2, 4])
    expect(await fixture.letters()).toEqual([])
  })
})

describe('many replays', () => {
  it('go oldest first, no further than the limit, and on from there', async () => {
    const handlers = [createHandler()]
    const events = Array.from({ length: 5 }, () => build())
    for (const { subject } of events) broken.add(subject)
    const { ids } = await bury(handlers, events)
    broken.clear()
    const deps = depsOf(handlers)
    const first = await replayDeadLetters(deps, many({ limit: 2 }))
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    expect(first.nextAfter).toBe(ids[1])
    const rest = await replayDeadLetters(deps, many({ after: first.nextAfter! }))
    expect(rest.items.map(({ id }) => id)).toEqual(ids.slice(2))
    expect(rest.nextAfter).toBeNull()
    expect(await fixture.effects()).toHaveLength(5)
  })

  it('keep to the rate, and stop when their time is up', async () => {
    const handlers = [createHandler()]
    const events = Array.from({ length: 4 }, () => build())
    for (const { subject } of events) broken.add(subject)
    const { ids } = await bury(handlers, events)
    broken.clear()
    const pauses: number[] = []
    const report = await replayDeadLetters(
      depsOf(handlers),
      many({ ratePerSecond: 20, pause: async (ms) => void pauses.push(ms), hasTime: () => pauses.length < 4 }),
    )
    expect(pauses).toEqual([50, 50, 50, 50])
    expect(report).toMatchObject({ nextAfter: ids[2], items: [{}, {}, {}] })
  })

  it('leave a type alone after three failures in a row, and go on with others', async () => {
    const other = { topic: 'booking', type: 'booking.confirmed.v1' } as const
    const handlers = [
      createHandler(),
      onEvent(other, async ({ event }) => {
        if (broken.has(event.subject)) throw new Error('no')
      }),
    ]
    const [bad, good] = [Array.from({ length: 5 }, () => build()), { ...build(), type: other.type }]
    for (const { subject } of [...bad, good]) broken.add(subject)
    await bury(handlers, [...bad, good])
    broken.delete(good.subject)
    const { items, nextAfter } = await replayDeadLetters(depsOf(handlers), many())
    expect(nextAfter).toBeNull()
    expect(items.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'failed', 'failed', 'failed', 'skipped', 'skipped'])
    expect(items.find(({ outcome }) => outcome === 'skipped')!.error).toContain('failed again')
    expect(await fixture.letters()).toHaveLength(5)
  })

  it('leave a type alone whose events go on dying meanwhile', async () => {
    const handlers = [createHandler()]
    const [first, second, third] = [build(), build(), build()]
    for (const { subject } of [first, second, third]) broken.add(subject)
    const { consumer } = await bury(handlers, [first, second])
    broken.delete(first.subject)
    broken.delete(second.subject)
    let paused = false
    const pause = async () => {
      if (paused) return
      paused = true
      await fixture.publish(third)
      await fixture.drained(consumer)
    }
    const { items } = await replayDeadLetters(depsOf(handlers), many({ ratePerSecond: 1000, pause }))
    expect(items).toMatchObject([{ outcome: 'skipped', error: expect.stringContaining('dying') }, { outcome: 'skipped' }])
    expect((await replayDeadLetters(depsOf(handlers), many())).items.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'applied', 'failed'])
  })

  it('can be narrowed to a type', async () => {
    const handlers = [createHandler()]
    const event = build()
    broken.add(event.subject)
    await bury(handlers, [event])
    broken.clear()
    expect((await replayDeadLetters(depsOf(handlers), many({ type: 'booking.confirmed.v1' }))).items).toEqual([])
    expect((await replayDeadLetters(depsOf(handlers), many({ type: 'booking.created.v1' }))).items).toHaveLength(1)
  })
})
