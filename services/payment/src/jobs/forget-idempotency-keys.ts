import type { Pool } from 'pg'
import { idempotencyHours } from '../db/idempotency.ts'

/** Removes idempotency keys older than a day. Late: they are taken over by their next use all the same. */
export async function forgetIdempotencyKeys(deps: { pool: Pool; now: () => Date }): Promise<void> {
  await deps.pool.query('DELETE FROM idempotency WHERE created_at <= $1', [new Date(deps.now().getTime() - idempotencyHours * 3_600_000)])
}
