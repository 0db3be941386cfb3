import type { ServiceClient } from '@alcove/client'
import { ConfigError, newId, type Authenticator, type Clock, type Logger, type Registry } from '@alcove/kit'
import type { Pool } from 'pg'
import { createAccounts, type AccountsFor } from './clients/accounts.ts'
import type { UserConfig } from './config.ts'
import { createAddressFinder, createTeamFinder } from './db/finders.ts'
import { createInvitationFinder } from './db/invitations.ts'
import { createPeopleReader } from './db/people.ts'
import { createPrisma } from './db/prisma.ts'
import { createInTransaction } from './db/stores.ts'
import type { UserDeps } from './deps.ts'
import { type ProfileDefaults, toLocale, toTimeZone } from './domain/profile.ts'

export interface BuildDepsOptions {
  readonly pool: Pool
  readonly log: Logger
  readonly metrics: Registry
  readonly clock: Clock
  readonly version: string
  readonly authenticator: Authenticator
  readonly defaults: ProfileDefaults
  /** The service client, or a stand-in for auth in tests. */
  readonly auth: Pick<ServiceClient, 'call'> | AccountsFor
  readonly onCommit: () => void
}

/** Builds the adapters. */
export function buildDeps(options: BuildDepsOptions): UserDeps {
  const { pool, clock, auth, onCommit, log, metrics, version, authenticator, defaults } = options
  const prisma = createPrisma(pool)
  return {
    log,
    metrics,
    clock,
    version,
    authenticator,
    defaults,
    accountsFor: typeof auth === 'function' ? auth : createAccounts(auth),
    inTransaction: createInTransaction({ pool, clock, onCommit }),
    people: createPeopleReader(pool),
    addresses: createAddressFinder(prisma),
    teams: createTeamFinder(prisma),
    invitations: createInvitationFinder(pool),
    now: () => clock.now(),
    newId,
  }
}

/** The configured beginnings of a profile. Throws for a language or a zone that does not exist. */
export function readDefaults(config: Pick<UserConfig, 'DEFAULT_LOCALE' | 'DEFAULT_TIME_ZONE'>): ProfileDefaults {
  const locale = toLocale(config.DEFAULT_LOCALE)
  const timeZone = toTimeZone(config.DEFAULT_TIME_ZONE)
  if (locale && timeZone) return { locale, timeZone }
  throw new ConfigError([...(locale ? [] : ['DEFAULT_LOCALE is no BCP 47 language tag']), ...(timeZone ? [] : ['DEFAULT_TIME_ZONE is no IANA time zone'])])
}
