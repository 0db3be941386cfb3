import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { toFrame, type Frame } from './frames.ts'
import { countRows, listTables, readMigrations, type BackupEnd, type BackupHead, type Table } from './tables.ts'

export interface DumpOptions {
  url: string
  service: string
  out: Writable
  /** Called with the snapshot taken, before a byte is written; what it throws ends the dump. */
  check?: (client: pg.ClientBase) => Promise<void>
}

/**
 * Writes all rows of a service's database as of one moment, compressed, whoever writes to it meanwhile. Needs no other
 * program and no other right than the service's own role. Answers how many rows each table had.
 */
export async function dumpDatabase(options: DumpOptions): Promise<BackupEnd> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'alcove-backup', options: '-c TimeZone=UTC' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    // The first statement takes the snapshot.
    await client.query('SELECT pg_current_snapshot()')
    await options.check?.(client)
    return await write(client, options)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function write(client: pg.Client, { service, out }: DumpOptions): Promise<BackupEnd> {
  const gzip = createGzip()
  const written = pipeline(gzip, out)
  // Judged at the end: until then its failure must not end this process as nobody's.
  written.catch(() => undefined)
  const put = async (frame: Frame) => {
    if (!gzip.write(toFrame(frame))) await Promise.race([once(gzip, 'drain'), written])
  }
  const head: BackupHead = { format: 1, service, takenAt: new Date().toISOString(), migrations: await readMigrations(client) }
  await put({ json: head })
  const rows: Record<string, number> = {}
  for (const table of await listTables(client)) {
    rows[table.name] = await countRows(client, table.name)
    await put({ json: table })
    await copyRows(client, table, put)
  }
  const end: BackupEnd = { rows, sequences: await readSequences(client) }
  await put({ json: end })
  gzip.end()
  await written
  return end
}

async function copyRows(client: pg.Client, { name, columns }: Table, put: (frame: Frame) => Promise<void>): Promise<void> {
  for await (const rows of client.query(copyTo(`COPY ${name} (${columns.join(', ')}) TO STDOUT`))) await put({ rows: rows as Buffer })
}

async function readSequences(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; last: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) AS name, last_value AS last FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname <> 'graphile_worker'`,
  )
  return Object.fromEntries(rows.map(({ name, last }) => [name, last]))
}
