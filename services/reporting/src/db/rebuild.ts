import { createPool, withTransaction } from '@alcove/database'
import type { Pool } from 'pg'
import { clearReadModels, project } from './projections.ts'
import { readRawEvents } from './raw-events.ts'

/**
 * Makes all read models anew from the raw events, in one transaction: readers see the old ones until the end, and
 * the running consumer waits with what comes meanwhile (its inserts need the table that is locked here).
 */
export async function rebuildReadModels(pool: Pool): Promise<number> {
  return withTransaction(pool, async (tx) => {
    await tx.query('SET LOCAL statement_timeout = 0')
    await tx.query('LOCK TABLE raw_event IN SHARE ROW EXCLUSIVE MODE')
    await clearReadModels(tx)
    let applied = 0
    for await (const events of readRawEvents(tx)) {
      await project(tx, events)
      applied += events.length
    }
    return applied
  })
}

/** {@link rebuildReadModels} over a connection of its own, which may be silent for long and takes none from the service. */
export async function rebuildApart(url: string): Promise<number> {
  const pool = createPool({ url, max: 1, silenceMs: 0, applicationName: 'reporting-rebuild' })
  return rebuildReadModels(pool).finally(() => pool.end())
}
