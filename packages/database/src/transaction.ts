import type { Pool, PoolClient } from 'pg'

/** Options of {@link withTransaction}. */
export interface TransactionOptions {
  /** Run the whole callback once more after a deadlock (40P01) or serialization failure (40001). It must then be repeatable. */
  retry?: boolean
}

const RETRIED = new Set(['40P01', '40001'])

/** SQLSTATE classes and codes that say "the database, not the statement": connection, resources, operator intervention, conflicts. */
const TRANSIENT_STATES = /^(08|53|57|58|25006|25P03|40001|40P01|55P03)/
const TRANSIENT_SYSTEM_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])
/** pg reports these without a code. */
const TRANSIENT_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout/

/**
 * Whether an error says that the database is unavailable or in the way, so that the same work may succeed later:
 * lost or refused connections, shutdown, too many connections, deadlock, lock and statement time-outs.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && (TRANSIENT_SYSTEM_CODES.has(code) || (code.length === 5 && TRANSIENT_STATES.test(code)))) return true
  return TRANSIENT_MESSAGES.test(error.message)
}

/**
 * Runs the callback in one transaction on one lent client: committed when it resolves, rolled back when it
 * throws. The callback makes no network call. With `retry` it runs at most twice.
 */
export async function withTransaction<T>(pool: Pool, run: (tx: PoolClient) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
  try {
    return await once(pool, run)
  } catch (error) {
    if (options.retry && RETRIED.has((error as { code?: string }).code ?? '')) return once(pool, run)
    throw error
  }
}

async function once<T>(pool: Pool, run: (tx: PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect()
  let broken: Error | undefined
  try {
    await tx.query('BEGIN')
    const result = await run(tx)
    await tx.query('COMMIT')
    return result
  } catch (error) {
    await tx.query('ROLLBACK').catch((rollbackError: Error) => {
      // A client that cannot roll back must not return to the pool with a transaction open.
      broken = rollbackError
    })
    throw error
  } finally {
    tx.release(broken)
  }
}
