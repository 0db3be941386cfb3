import type { Handler } from '@alcove/events'
import type { PoolClient } from 'pg'
import type { Stores } from '../domain/ports.ts'
import type { ProfileDefaults } from '../domain/profile.ts'
import { onAccountDeactivated } from './on-account-deactivated.ts'
import { onAccountReactivated } from './on-account-reactivated.ts'
import { onAccountRegistered } from './on-account-registered.ts'
import { onAccountVerified } from './on-account-verified.ts'

export interface ConsumerDeps {
  readonly defaults: ProfileDefaults
  /** The stores of the inbox transaction: an effect and the memory of its event are one. */
  readonly storesOf: (tx: PoolClient, context: { now: Date; traceparent?: string }) => Stores
  /** Has names that are due asked of auth soon. */
  readonly wakeNames: () => void
}

export function listHandlers(deps: ConsumerDeps): Handler[] {
  return [onAccountRegistered(deps), onAccountVerified(deps), onAccountDeactivated(deps), onAccountReactivated(deps)]
}
