import type { Authenticator, Clock, Logger, Registry } from '@alcove/kit'
import type { FindSources } from './clients/audit-sources.ts'
import type { Reads } from './db/reads.ts'

/** What the routes of reporting use. */
export interface ReportingDeps {
  reads: Reads
  /** Product time of the newest applied event; now while there is none. */
  readAsOf(): Promise<Date>
  clock: Clock
  findSources: FindSources
  /** Makes the read models anew from the raw events; the number of events. */
  rebuild(): Promise<number>
}

/** What the application needs besides. */
export interface AppDeps extends ReportingDeps {
  log: Logger
  metrics: Registry
  authenticator: Authenticator
  version: string
}
