import type { Authenticator, Clock, Logger, Registry } from '@alcove/kit'
import type { Catalogue } from './domain/catalogue.ts'
import type { Reads } from './domain/reads.ts'
import type { RetireDeps } from './domain/retirement.ts'

/** What the routes of workspace use. */
export interface WorkspaceDeps extends RetireDeps {
  reads: Reads
  catalogue: Catalogue
  clock: Clock
}

/** What the application needs besides. */
export interface AppDeps extends WorkspaceDeps {
  log: Logger
  metrics: Registry
  authenticator: Authenticator
  version: string
}
