import { cloneDatabase, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson, deleteExpiredIdempotencyKeys, takeIdempotencyKey, withTransaction } from '../src/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await cloneDatabase('idempotency', [])
  // As the docblock of IdempotentCommand gives it.
  await database.pool.query(`CREATE TABLE idempotency (principal_id uuid NOT NULL, method text NOT NULL, path text NOT NULL, key text NOT NULL,
    body_hash text NOT NULL, resource_id uuid NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (principal_id, method, path, key))`)
})
afterAll(() => database.drop())

const now = new Date('2027-01-01T12:00:00Z')
const [first, second] = ['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002']
const command = (key: string, body: unknown = { a: 1 }) => ({ principalId: first, method: 'POST', path: '/v1/things', key, body })
const take = (key: string, resourceId: string, options: { body?: unknown; now?: Date } = {}) =>
  withTransaction(database.pool, (tx) => takeIdempotencyKey(tx, command(key, options.body), { resourceId, now: options.now ?? now }))

describe('takeIdempotencyKey', () => {
  it('is new once, then a repeat of the first resource, or reused for another body', async () => {
    expect(await take('k', first)).toEqual({ outcome: 'new' })
    expect(await take('k', second)).toEqual({ outcome: 'repeat', resourceId: first })
    expect(await take('k', second, { body: { a: 2 } })).toEqual({ outcome: 'reused' })
  })

  it('lets exactly one of many at once be the first', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => take('many', second)))
    expect(outcomes.filter(({ outcome }) => outcome === 'new')).toHaveLength(1)
    expect(outcomes.filter(({ outcome }) => outcome === 'repeat')).toHaveLength(7)
  })

  it('waits for a first that is under way and takes its place when it fails', async () => {
    const { promise: taken, resolve: hasTaken } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const failing = withTransaction(database.pool, async (tx) => {
      await takeIdempotencyKey(tx, command('fails'), { resourceId: first, now })
      hasTaken()
      await released
      throw new Error('rolled back')
    })
    await taken
    const waiting = take('fails', second)
    release()
    await expect(failing).rejects.toThrow('rolled back')
    expect(await waiting).toEqual({ outcome: 'new' })
  })

  it('forgets after 24 hours', async () => {
    const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000)
    await take('day', first)
    expect(await take('day', second, { now: later(23.9) })).toEqual({ outcome: 'repeat', resourceId: first })
    expect(await take('day', second, { now: later(24) })).toEqual({ outcome: 'new' })
    await take('swept', first)
    await deleteExpiredIdempotencyKeys(database.pool, later(24))
    const { rows } = await database.pool.query('SELECT key FROM idempotency')
    expect(rows.map(({ key }) => key)).toEqual(['day'])
  })
})

describe('canonicalJson', () => {
  it('does not depend on the order of members, but on that of lists', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}')
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
  })
})
