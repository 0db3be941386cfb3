import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assertMigrated, createPool, ensureRoleAndDatabase, migrate, withTransaction } from '../src/index.ts'

const server = process.env.TEST_DATABASE_URL!
const at = (database: string) => {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}
let directory: string
let database: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migrations-'))
  database = `test_migrate_${randomBytes(6).toString('hex')}`
})
afterEach(async () => {
  await rm(directory, { recursive: true })
  const pool = createPool({ url: server, max: 1 })
  await pool.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
  await pool.end()
})

async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true })
  await writeFile(join(directory, name, 'migration.sql'), sql)
}
async function query<T extends object>(sql: string): Promise<T[]> {
  const pool = createPool({ url: at(database), max: 1 })
  try {
    return (await pool.query<T>(sql)).rows
  } finally {
    await pool.end()
  }
}
const run = () => migrate({ url: at(database), directories: [directory] })

describe('migrate', () => {
  it('creates the database and applies everything once although many replicas start together', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int); INSERT INTO a VALUES (1);')
    await add('20260102000000_second', 'INSERT INTO a VALUES (2);')
    const results = await Promise.all(Array.from({ length: 6 }, run))
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 0, 2])
    expect(await query('SELECT n FROM a ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }])
  })

  it('applies only what is new, in the order of the names', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int)')
    await run()
    await add('20260103000000_third', 'INSERT INTO a SELECT count(*) + 1 FROM a')
    await add('20260102000000_second', 'INSERT INTO a VALUES (7)')
    expect(await run()).toEqual({ applied: ['20260102000000_second', '20260103000000_third'] })
    expect(await query('SELECT n FROM a ORDER BY n')).toEqual([{ n: 2 }, { n: 7 }])
  })

  it('refuses an applied file that was changed, and names it', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int)')
    await run()
    await add('20260101000000_first', 'CREATE TABLE a (n bigint)')
    await expect(run()).rejects.toThrow('20260101000000_first')
  })

  it('leaves nothing of a migration that fails in its middle, and goes on from there when it is mended', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int)')
    await add('20260102000000_second', 'INSERT INTO a VALUES (1); SELECT 1 / 0;')
    await expect(run()).rejects.toThrow('20260102000000_second failed: division by zero')
    expect(await query('SELECT n FROM a')).toEqual([])
    await add('20260102000000_second', 'INSERT INTO a VALUES (1)')
    expect(await run()).toEqual({ applied: ['20260102000000_second'] })
  })

  it('says which migrations a database lacks', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int)')
    await run()
    const pool = createPool({ url: at(database), max: 1 })
    await assertMigrated(pool, [directory])
    await add('20260102000000_second', 'SELECT 1')
    await expect(assertMigrated(pool, [directory])).rejects.toThrow('20260102000000_second')
    await pool.end()
  })
})

describe('ensureRoleAndDatabase', () => {
  it('is content with a database that a newer release has migrated further', async () => {
    await add('20260101000000_a', 'CREATE TABLE a (id int)')
    await add('20260102000000_b', 'ALTER TABLE a ADD COLUMN note text')
    await run()
    await rm(join(directory, '20260102000000_b'), { recursive: true })
    const pool = createPool({ url: at(database), max: 1 })
    await expect(assertMigrated(pool, [directory])).resolves.toBeUndefined()
    await pool.end()
    expect(await run()).toEqual({ applied: [] })
  })
  it('gives a service a database of its own that another service cannot enter, also when asked many times at once', async () => {
    const roles = [`${database}_a`, `${database}_b`] as const
    const make = (role: string, name: string) => ensureRoleAndDatabase({ adminUrl: server, database: name, role, password: 'secret' })
    await Promise.all([make(roles[0], database), make(roles[0], database), make(roles[1], `${database}_other`)])
    const as = (role: string) => {
      const url = new URL(at(database))
      url.username = role
      url.password = 'secret'
      return createPool({ url: url.href, max: 1 })
    }
    const owner = as(roles[0])
    await owner.query('CREATE TABLE own (n int)')
    await owner.end()
    const stranger = as(roles[1])
    await expect(stranger.query('SELECT 1')).rejects.toThrow('permission denied')
    await stranger.end()
    const admin = createPool({ url: server, max: 1 })
    for (const name of [database, `${database}_other`]) await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
    for (const role of roles) await admin.query(`DROP ROLE ${role}`)
    await admin.end()
  })
})

describe('withTransaction', () => {
  it('rolls back what throws, and returns the connection clean', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int)')
    await run()
    const pool = createPool({ url: at(database), max: 1 })
    await expect(withTransaction(pool, async (tx) => void (await tx.query('INSERT INTO a VALUES (1)'), await tx.query('SELECT 1 / 0')))).rejects.toThrow(
      'division',
    )
    expect((await pool.query('SELECT * FROM a')).rows).toEqual([])
    await pool.end()
  })

  it('runs once more after a deadlock when told to', async () => {
    await add('20260101000000_first', 'CREATE TABLE a (n int PRIMARY KEY, times int); INSERT INTO a VALUES (1, 0), (2, 0);')
    await run()
    const pool = createPool({ url: at(database), max: 4 })
    const bothHoldOne = Promise.withResolvers<void>()
    const oneIsThrough = Promise.withResolvers<void>()
    let runs = 0
    const touch = async (first: number, second: number) => {
      let own = 0
      await withTransaction(
        pool,
        async (tx) => {
          own += 1
          // The victim's second run could take its row before the other wakes up for it, and be in its way again.
          if (own === 2) await oneIsThrough.promise
          await tx.query('UPDATE a SET times = times + 1 WHERE n = $1', [first])
          runs += 1
          if (runs === 2) bothHoldOne.resolve()
          await bothHoldOne.promise
          await tx.query('UPDATE a SET times = times + 1 WHERE n = $1', [second])
        },
        { retry: true },
      )
      oneIsThrough.resolve()
    }
    await Promise.all([touch(1, 2), touch(2, 1)])
    expect(runs).toBe(3)
    expect((await pool.query('SELECT times FROM a ORDER BY n')).rows).toEqual([{ times: 2 }, { times: 2 }])
    await pool.end()
  })

  it('runs no third time, and only once when told nothing', async () => {
    const pool = createPool({ url: server, max: 1 })
    const fail = (code: string, retry: boolean) => {
      let runs = 0
      const failing = async () => {
        runs += 1
        throw Object.assign(new Error(`run ${runs}`), { code })
      }
      return withTransaction(pool, failing, { retry }).catch((error: Error) => error.message)
    }
    expect(await Promise.all([fail('40P01', true), fail('40001', true), fail('40P01', false), fail('23505', true)])).toEqual([
      'run 2',
      'run 2',
      'run 1',
      'run 1',
    ])
    await pool.end()
  })
})

describe('pool', () => {
  it('keeps dates as they are and ends statements at the limit', async () => {
    const pool = createPool({ url: server, max: 1, statementTimeoutMs: 100 })
    expect((await pool.query("SELECT '2026-03-29'::date AS date")).rows).toEqual([{ date: '2026-03-29' }])
    await expect(pool.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: '57014' })
    await pool.end()
  })
})
