import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { readFrames, type Frame } from './frames.ts'
import { countRows, listTables, readMigrations, type BackupEnd, type BackupHead, type Table } from './tables.ts'

export interface RestoreOptions {
  url: string
  service: string
  source: Readable
  /** Whether rows that are there may go; without it the database must be as its migrations left it. */
  replace: boolean
}

/** Tables that migrations, and processes that only started, put rows into. */
const NOT_DATA = /^public\.(catalogue|outbox_lease|outbox_member|signing_key)$/

/**
 * Brings a migrated database to the rows of a backup, in one transaction: all of it or nothing. The schema must be that
 * of the release that took the backup. Throws, and changes nothing, for a backup of another service, of another
 * schema, one that is cut off, and, without `replace`, for a database that has rows already.
 */
export async function restoreDatabase(options: RestoreOptions): Promise<BackupEnd> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'alcove-restore', options: '-c TimeZone=UTC' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('BEGIN')
    const end = await read(client, options)
    await client.query('COMMIT')
    return end
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function read(client: pg.Client, { service, source, replace }: RestoreOptions): Promise<BackupEnd> {
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error)).pipe(gunzip)
  const frames = readFrames(gunzip)
  const tables = await listTables(client)
  await assertFits(client, (await readJson(frames)) as BackupHead, service)
  if (!replace) await assertEmpty(client, tables)
  await client.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`)
  for (const { name } of tables) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`)
  const end = await writeRows(client, frames)
  // Deferred ones are looked at now: a table with a look outstanding cannot be altered.
  await client.query('SET CONSTRAINTS ALL IMMEDIATE')
  for (const [table, expected] of Object.entries(end.rows)) {
    const found = await countRows(client, table)
    if (found !== expected) throw new Error(`${table} has ${found} rows after the restore, and the backup says ${expected}`)
  }
  for (const { name } of tables) await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`)
  for (const [name, last] of Object.entries(end.sequences)) await client.query('SELECT setval($1, $2)', [name, last])
  return end
}

async function readJson(frames: AsyncGenerator<Frame, void>): Promise<unknown> {
  const { value } = await frames.next()
  if (!value || !('json' in value)) throw new Error('this is not a backup of Alcove')
  return value.json
}

async function assertFits(client: pg.Client, head: BackupHead, service: string): Promise<void> {
  if (head.format !== 1) throw new Error('this is not a backup of Alcove, or one of a later release')
  if (head.service !== service) throw new Error(`this is a backup of ${head.service}, not of ${service}`)
  const present = await readMigrations(client)
  const differing = [...new Set([...Object.keys(head.migrations), ...Object.keys(present)])].filter((name) => head.migrations[name] !== present[name])
  if (differing.length === 0) return
  throw new Error(`the schema is not the backup's (${differing.join(', ')}): restore with the release that took the backup, then upgrade`)
}

async function assertEmpty(client: pg.Client, tables: readonly Table[]): Promise<void> {
  const filled: string[] = []
  for (const { name } of tables) {
    if (!NOT_DATA.test(name) && (await client.query(`SELECT 1 FROM ${name} LIMIT 1`)).rowCount) filled.push(name)
  }
  if (filled.length > 0) throw new Error(`there are rows already, in ${filled.join(', ')}: with --replace they are removed`)
}

async function writeRows(client: pg.Client, frames: AsyncGenerator<Frame, void>): Promise<BackupEnd> {
  let copy: { to: Writable; done: Promise<void> } | undefined
  for await (const frame of frames) {
    if ('rows' in frame) {
      if (!copy) throw new Error('this is not a backup of Alcove')
      if (!copy.to.write(frame.rows)) await Promise.race([once(copy.to, 'drain'), copy.done])
      continue
    }
    copy?.to.end()
    await copy?.done
    if (isEnd(frame.json)) return frame.json
    const { name, columns } = frame.json as Table
    const to = client.query(copyFrom(`COPY ${name} (${columns.join(', ')}) FROM STDIN`))
    const done = finished(to)
    // Awaited above, or not at all where something else failed first.
    done.catch(() => undefined)
    copy = { to, done }
  }
  throw new Error('the backup is cut off')
}

const isEnd = (json: unknown): json is BackupEnd => typeof json === 'object' && json !== null && 'sequences' in json
