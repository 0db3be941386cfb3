import type { PoolClient } from 'pg'
import type { Stores } from '../domain/stores.ts'

/** What every consumer needs. */
export interface ConsumerDeps {
  /** The stores of the event's own transaction. */
  readonly stores: (tx: PoolClient) => Stores
  /** Rouses the sender once the transaction has committed. */
  readonly wake: () => void
}
