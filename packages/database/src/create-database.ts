import pg from 'pg'

const DUPLICATE = new Set(['42P04', '42710', '23505'])

/** What {@link ensureRoleAndDatabase} makes. */
export interface RoleAndDatabase {
  /** A URL whose role may create roles and databases. */
  adminUrl: string
  database: string
  role: string
  password: string
}

/** Creates the database named in the URL if the server has none, with the URL's own role. Many may call it at once. */
export async function createDatabaseIfMissing(url: string): Promise<void> {
  const database = decodeURIComponent(new URL(url).pathname.slice(1))
  if (await canConnect(url)) return
  await withClient(maintenanceUrl(url), (client) => ignoreDuplicate(client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`)))
}

/**
 * Makes a login role and a database that it owns and that no other role may enter (each service has its own).
 * Repeatable: an existing role gets the given password.
 */
export async function ensureRoleAndDatabase(options: RoleAndDatabase): Promise<void> {
  const role = pg.escapeIdentifier(options.role)
  const database = pg.escapeIdentifier(options.database)
  await withClient(options.adminUrl, async (client) => {
    // One at a time: concurrent updates of the same catalogue row fail ("tuple concurrently updated").
    await client.query("SELECT pg_advisory_lock(hashtextextended('alcove.roles', 0))")
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [options.role])
    await client.query(`${rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(options.password)}`)
    const existing = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [options.database])
    if (!existing.rowCount) await ignoreDuplicate(client.query(`CREATE DATABASE ${database} OWNER ${role}`))
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`)
  })
}

async function canConnect(url: string): Promise<boolean> {
  try {
    await withClient(url, async () => undefined)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === '3D000') return false
    throw error
  }
}

function maintenanceUrl(url: string): string {
  const target = new URL(url)
  target.pathname = '/postgres'
  return target.href
}

async function ignoreDuplicate(query: Promise<unknown>): Promise<void> {
  try {
    await query
  } catch (error) {
    if (!DUPLICATE.has((error as { code?: string }).code ?? '')) throw error
  }
}

async function withClient<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
