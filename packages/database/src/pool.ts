import pg from 'pg'
import { Gauge, type Registry } from 'prom-client'

/** What runs a query: the pool itself or a client lent by a transaction. */
export type Queryable = pg.Pool | pg.PoolClient

/** Options of {@link createPool}. */
export interface PoolOptions {
  url: string
  /** Most connections this process takes; default 8. Counts against the server's connection budget. */
  max?: number
  /** Longest time a statement may run before the server cancels it, in milliseconds; default 5000. */
  statementTimeoutMs?: number
  /**
   * Longest time a query waits for any answer before its connection is given up; 0: for ever, default 15 s above the statement
   * timeout. The server's own limit is no help when the way to it swallows everything: such a connection would be lost for good.
   */
  silenceMs?: number
  /** Shown in `pg_stat_activity`; the service's name. */
  applicationName?: string
  metrics?: Registry
  /** Told of errors of idle connections (a restarted server); queries report theirs themselves. */
  onIdleError?: (error: Error) => void
}

const DATE_OID = 1082
/** A process that was stopped for a while finds its timers run out before it reads what has long been answered. */
const silenceGraceMs = 15_000

/** `date` stays a string: pg would make it a Date at the process's local midnight, another day elsewhere. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === DATE_OID ? (value: string) => value : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
}

/**
 * The one connection pool of a process, lent to Prisma and to plain SQL. Sessions run in UTC and under a fixed
 * `statement_timeout`; waiting for a free connection ends after 5 s. A broken idle connection is replaced
 * silently: without a listener it would end the process.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { statementTimeoutMs = 5000, silenceMs = statementTimeoutMs + silenceGraceMs } = options
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 8,
    statement_timeout: statementTimeoutMs,
    query_timeout: silenceMs,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: options.applicationName,
    options: '-c TimeZone=UTC',
    types,
  })
  pool.on('error', (error) => options.onIdleError?.(error))
  // A lent client whose connection breaks emits the error too; its query reports it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  if (options.metrics) registerPoolMetrics(pool, options.metrics)
  return pool
}

function registerPoolMetrics(pool: pg.Pool, registry: Registry): void {
  if (registry.getSingleMetric('alcove_database_pool_connections')) return
  new Gauge({
    name: 'alcove_database_pool_connections',
    help: 'Connections of the pool by state, and requests waiting for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  new Gauge({
    name: 'alcove_database_up',
    help: '1 while the database answers this process',
    registers: [registry],
    async collect() {
      // All connections busy says nothing of the server, and a probe would only wait in line with the requests.
      if (pool.waitingCount === 0) this.set((await isAnswering(pool)) ? 1 : 0)
    },
  })
}

/** Well below a scrape's own limit of ten seconds. */
const probeMs = 3000

async function isAnswering(pool: pg.Pool): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, probeMs, false).unref())
  const answer = pool.query('SELECT 1').then(
    () => true,
    () => false,
  )
  return Promise.race([answer, late])
}
