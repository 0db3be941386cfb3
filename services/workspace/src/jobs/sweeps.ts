import { deleteExpiredIdempotencyKeys } from '@alcove/database'
import type { Sweep } from '@alcove/jobs'
import type { Clock } from '@alcove/kit'
import type { Pool } from 'pg'
import { settleStaleRetirements } from '../domain/retirement.ts'
import type { WriteDeps } from '../domain/stores.ts'

/** What time makes due; each may run late, twice or on any replica. */
export function listSweeps({ pool, clock, ...deps }: WriteDeps & { pool: Pool; clock: Clock }): Sweep[] {
  return [
    {
      // Late: a space whose change was interrupted stays unbookable until then.
      name: 'settle-stale-retirements',
      everySeconds: 5,
      timeLimitSeconds: 30,
      run: () => settleStaleRetirements(deps, { now: clock.now(), actorId: null, requestId: null, traceparent: null }),
    },
    {
      // Late: keys take room, but an overdue one is ignored when it is used.
      name: 'delete-expired-idempotency-keys',
      everySeconds: 3_600,
      timeLimitSeconds: 60,
      run: async () => void (await deleteExpiredIdempotencyKeys(pool, clock.now())),
    },
  ]
}
