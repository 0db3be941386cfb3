import type { Authenticator, Clock, Logger, Registry } from '@alcove/kit'
import type { AccountsFor } from './clients/accounts.ts'
import type { AddressFinder, TeamFinder } from './db/finders.ts'
import type { InvitationFinder } from './db/invitations.ts'
import type { InTransaction, PeopleReader } from './domain/ports.ts'
import type { ProfileDefaults } from './domain/profile.ts'

/** Everything user's routes use. */
export interface UserDeps {
  readonly log: Logger
  readonly metrics: Registry
  readonly clock: Clock
  readonly version: string
  readonly authenticator: Authenticator
  readonly accountsFor: AccountsFor
  readonly inTransaction: InTransaction
  readonly people: PeopleReader
  readonly addresses: AddressFinder
  readonly teams: TeamFinder
  readonly invitations: InvitationFinder
  readonly defaults: ProfileDefaults
  readonly now: () => Date
  readonly newId: () => string
}
