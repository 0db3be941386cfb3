import type { Clock } from '@alcove/kit'
import { withTransaction } from '@alcove/database'
import type { Pool } from 'pg'
import type { InTransaction } from '../domain/ports.ts'
import { createAccountEvents } from '../events/account-events.ts'
import { createAccountStore } from './accounts.ts'
import { createOneTimeTokenStore } from './one-time-tokens.ts'
import { createSessionStore } from './sessions.ts'

/** Lends the stores of one transaction; `onCommit` wakes the relay, so that events leave at once. */
export function createInTransaction(deps: { pool: Pool; clock: Clock; newId: () => string; onCommit: () => void }): InTransaction {
  return async (origin, work) => {
    const result = await withTransaction(deps.pool, (tx) =>
      work({
        accounts: createAccountStore(tx),
        sessions: createSessionStore(tx),
        oneTimeTokens: createOneTimeTokenStore(tx),
        events: createAccountEvents(tx, { origin, now: deps.clock.now() }),
      }),
    )
    deps.onCommit()
    return result
  }
}
