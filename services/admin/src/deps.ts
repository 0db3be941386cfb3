import type { CallOptions } from '@alcove/client'
import type { AnalyticsOverview, ServiceName, ServiceStatus } from '@alcove/contracts'
import type { Authenticator, Clock, Logger, Registry } from '@alcove/kit'
import type { DeadLetterSources } from './domain/dead-letters.ts'
import type { Deployment } from './domain/describe-services.ts'

/** What admin's application is built from. */
export interface AdminDeps {
  log: Logger
  metrics: Registry
  clock: Clock
  version: string
  authenticator: Authenticator
  /** reporting's overview on behalf of an operator. */
  askOverview(options: CallOptions & { userToken: string }): Promise<AnalyticsOverview>
  /** Every service but admin itself; undefined for one that does not answer. */
  askStatuses: AskStatuses
  /** By service; empty where nobody says what runs. */
  readDeployments(): Promise<ReadonlyMap<string, Deployment>>
  deadLetters: DeadLetterSources
}

export type AskStatuses = (options: { requestId: string; traceparent: string }) => Promise<ReadonlyMap<ServiceName, ServiceStatus | undefined>>
