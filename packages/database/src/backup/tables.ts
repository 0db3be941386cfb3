import type { ClientBase } from 'pg'

/** A table as a backup holds it. Generated columns are left out: the database makes them anew. */
export interface Table {
  readonly name: string
  readonly columns: readonly string[]
}

/** What a backup says first. */
export interface BackupHead {
  readonly format: 1
  readonly service: string
  readonly takenAt: string
  /** Name and checksum of each migration that the data were written under. */
  readonly migrations: Readonly<Record<string, string>>
}

/** What it says last: without it the backup is cut off. Rows by table, and where each sequence stands. */
export interface BackupEnd {
  readonly rows: Readonly<Record<string, number>>
  readonly sequences: Readonly<Record<string, string>>
}

/** The tables of all schemas but the work queue's, which is made anew at a start, in an order in which rows may be written: what is referred to comes first. */
export async function listTables(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { refers: string[] }>(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       (SELECT array_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       ARRAY(SELECT quote_ident(m.nspname) || '.' || quote_ident(r.relname)
        FROM pg_constraint k JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace m ON m.oid = r.relnamespace
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND r.oid <> c.oid) AS refers
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker') AND c.relname <> 'schema_migration' ORDER BY 1`,
  )
  const ordered: Table[] = []
  const left = new Map(rows.map((row) => [row.name, row]))
  while (left.size > 0) {
    const ready = [...left.values()].filter(({ refers }) => refers.every((name) => !left.has(name)))
    if (ready.length === 0) throw new Error(`these tables refer to each other in a circle: ${[...left.keys()].join(', ')}`)
    for (const { name, columns } of ready) {
      ordered.push({ name, columns })
      left.delete(name)
    }
  }
  return ordered
}

export async function readMigrations(client: ClientBase): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM schema_migration ORDER BY name')
  return Object.fromEntries(rows.map(({ name, checksum }) => [name, checksum]))
}

export async function countRows(client: ClientBase, table: string): Promise<number> {
  return Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]!.n)
}
