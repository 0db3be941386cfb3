import { takeIdempotencyKey, withTransaction } from '@alcove/database'
import type { Clock } from '@alcove/kit'
import type { Pool, PoolClient } from 'pg'
import type { Actor, InTransaction, Stores } from '../domain/ports.ts'
import { idempotencyKeyReused } from '../errors.ts'
import { createUserEvents } from '../events/user-events.ts'
import { createInvitationStore } from './invitations.ts'
import { createAddressStore, createProfileStore } from './profiles.ts'
import { createTeamStore } from './teams.ts'

/** The stores of a transaction; also of a consumer's, whose effect and memory are one. */
export function createStores(tx: PoolClient, context: { now: Date; traceparent?: string; actor?: Actor }): Stores {
  return {
    profiles: createProfileStore(tx),
    addresses: createAddressStore(tx),
    teams: createTeamStore(tx),
    invitations: createInvitationStore(tx),
    events: createUserEvents(tx, context),
    async takeKey(scope, resourceId) {
      if (!scope) return undefined
      const taken = await takeIdempotencyKey(tx, scope, { resourceId, now: context.now })
      if (taken.outcome === 'reused') throw idempotencyKeyReused()
      return taken.outcome === 'repeat' ? taken.resourceId : undefined
    },
  }
}

/** Lends the stores of one transaction; `onCommit` wakes the relay, so that events leave at once. */
export function createInTransaction(deps: { pool: Pool; clock: Clock; onCommit: () => void }): InTransaction {
  return async (work, origin) => {
    const result = await withTransaction(deps.pool, (tx) => work(createStores(tx, { now: deps.clock.now(), ...origin })))
    deps.onCommit()
    return result
  }
}
