import { withTransaction } from '@alcove/database'
import type { Pool } from 'pg'
import type { InTransaction } from '../domain/stores.ts'
import { createStores } from './stores.ts'

interface InTransactionDeps {
  pool: Pool
  /** Called after a commit that changed the catalogue. */
  onChange: () => void
}

/**
 * Transactions of the catalogue. One that published raises the catalogue's version as its last statement: that row is
 * locked last and held shortest, and replicas that see it raised see everything that was written before.
 */
export function createInTransaction({ pool, onChange }: InTransactionDeps): InTransaction {
  return async (write, run) => {
    const { result, hasChanged } = await withTransaction(
      pool,
      async (tx) => {
        const { stores, hasPublished } = createStores(tx, write)
        const done = await run(stores)
        if (hasPublished()) await tx.query('UPDATE catalogue SET version = version + 1')
        return { result: done, hasChanged: hasPublished() }
      },
      { retry: true },
    )
    if (hasChanged) onChange()
    return result
  }
}
