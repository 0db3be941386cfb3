import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPool, dumpDatabase, migrate, restoreDatabase } from '../src/index.ts'

const SCHEMA = `
  CREATE TABLE aaa_child (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent text NOT NULL REFERENCES "Zz Parent" (name) DEFERRABLE INITIALLY DEFERRED, touched int NOT NULL DEFAULT 0);
  CREATE SCHEMA side;
  CREATE TABLE side.note (child int REFERENCES aaa_child, body bytea, span tstzrange, doc jsonb, size int GENERATED ALWAYS AS (length(body)) STORED);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END $$;
  CREATE TRIGGER touch BEFORE INSERT ON aaa_child FOR EACH ROW EXECUTE FUNCTION touch();`
let directory: string
let names: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backup-'))
  names = []
  await addMigration('20260101000000_parent', 'CREATE TABLE "Zz Parent" (name text PRIMARY KEY, self text REFERENCES "Zz Parent" (name))')
  await addMigration('20260102000000_rest', SCHEMA)
})
afterEach(async () => {
  await rm(directory, { recursive: true })
  const pool = createPool({ url: process.env.TEST_DATABASE_URL!, max: 1 })
  for (const name of names) await pool.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await pool.end()
})

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name))
  await writeFile(join(directory, name, 'migration.sql'), sql)
}

async function makeDatabase(): Promise<string> {
  const name = `test_backup_${randomBytes(6).toString('hex')}`
  names.push(name)
  const url = new URL(process.env.TEST_DATABASE_URL!)
  url.pathname = `/${name}`
  await migrate({ url: url.href, directories: [directory] })
  return url.href
}

async function query(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const pool = createPool({ url, max: 1 })
  try {
    return (await pool.query(sql, values)).rows
  } finally {
    await pool.end()
  }
}

const ODD = 'tab\t newline\n backslash \\ \\. \\N quote " é 🏢'
async function makeFilled(): Promise<string> {
  const url = await makeDatabase()
  await query(url, `INSERT INTO "Zz Parent" VALUES ('b', NULL), ('a', 'b'), ($1, 'a')`, [ODD])
  await query(url, `INSERT INTO aaa_child (parent) SELECT 'a' FROM generate_series(1, 3)`)
  // More than a pipe holds, in rows and in one row.
  await query(
    url,
    `INSERT INTO side.note SELECT 1, decode(repeat('00ff5c0a', 200), 'hex'), tstzrange('2026-01-01Z', NULL), '{"a": [null, 1.50]}' FROM generate_series(1, 5000)`,
  )
  await query(url, 'INSERT INTO side.note VALUES (2, $1, NULL, NULL), (NULL, NULL, NULL, NULL)', [Buffer.alloc(3_000_000, 7)])
  return url
}

async function dump(url: string, options: { service?: string; check?: () => Promise<void> } = {}): Promise<Buffer> {
  const out = new PassThrough()
  const [bytes] = await Promise.all([buffer(out), dumpDatabase({ url, service: 'booking', out, ...options })])
  return bytes
}
const restore = (url: string, bytes: Buffer, { service = 'booking', replace = false } = {}) =>
  restoreDatabase({ url, service, replace, source: Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]) })
const contents = async (url: string) => [
  await query(url, 'SELECT * FROM "Zz Parent" ORDER BY name'),
  await query(url, 'SELECT * FROM aaa_child ORDER BY id'),
  await query(url, `SELECT child, size, md5(body), span::text, doc, count(*) FROM side.note GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2`),
]

describe('a backup of a database', () => {
  it('brings another one to the same rows, and to go on from there', async () => {
    const [from, to] = [await makeFilled(), await makeDatabase()]
    const { rows } = await restore(to, await dump(from))
    expect(rows).toEqual({ 'public."Zz Parent"': 3, 'public.aaa_child': 3, 'side.note': 5002 })
    expect(await contents(to)).toEqual(await contents(from))
    // Triggers and sequences go on.
    expect(await query(to, `INSERT INTO aaa_child (parent) VALUES ('a') RETURNING id, touched`)).toEqual([{ id: 4, touched: 1 }])
  })

  it('is of one moment, whoever writes meanwhile', async () => {
    const [from, to] = [await makeFilled(), await makeDatabase()]
    const before = await contents(from)
    const bytes = await dump(from, {
      check: async () => void (await query(from, `INSERT INTO aaa_child (parent) VALUES ('a')`)),
    })
    expect(await query(from, 'SELECT count(*)::int AS n FROM aaa_child')).toEqual([{ n: 4 }])
    await restore(to, bytes)
    expect(await contents(to)).toEqual(before)
  })

  it('is not made when its check fails', async () => {
    const from = await makeFilled()
    const out = new PassThrough()
    const check = () => Promise.reject(new Error('not now'))
    await expect(dumpDatabase({ url: from, service: 'booking', out, check })).rejects.toThrow('not now')
    expect(out.readableLength).toBe(0)
  })

  it('is refused, and changes nothing, when it is cut off, spoilt, another service’s or another schema’s', async () => {
    const [from, to] = [await makeFilled(), await makeDatabase()]
    const bytes = await dump(from)
    const spoilt = Buffer.from(bytes)
    spoilt[Math.floor(bytes.length / 2)]! ^= 0xff
    await query(to, `INSERT INTO "Zz Parent" VALUES ('kept', NULL)`)
    for (const [broken, service] of [
      [bytes.subarray(0, bytes.length - 20), 'booking'],
      [bytes.subarray(0, Math.floor(bytes.length / 2)), 'booking'],
      [spoilt, 'booking'],
      [Buffer.from('no backup'), 'booking'],
      [bytes, 'payment'],
    ] as const)
      await expect(restore(to, broken, { service, replace: true })).rejects.toThrow(/./)
    await addMigration('20260103000000_later', 'ALTER TABLE aaa_child ADD COLUMN later text')
    const later = await makeDatabase()
    await expect(restore(later, bytes)).rejects.toThrow(
      "the schema is not the backup's (20260103000000_later): restore with the release that took the backup, then upgrade",
    )
    expect(await query(to, 'SELECT name FROM "Zz Parent"')).toEqual([{ name: 'kept' }])
  })

  it('does not go over rows that are there, unless told to', async () => {
    const [from, to] = [await makeFilled(), await makeDatabase()]
    await query(to, `INSERT INTO "Zz Parent" VALUES ('kept', NULL)`)
    const bytes = await dump(from)
    await expect(restore(to, bytes)).rejects.toThrow('there are rows already, in public."Zz Parent": with --replace they are removed')
    await restore(to, bytes, { replace: true })
    expect(await contents(to)).toEqual(await contents(from))
  })
})
