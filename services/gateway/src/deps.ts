import type { ServiceClient } from '@alcove/client'
import type { ServiceName } from '@alcove/contracts'
import type { Authenticator, Clock, Logger, Registry as Metrics } from '@alcove/kit'
import type { DevClock } from './domain/dev-clock.ts'
import type { Limiter, Window } from './domain/rate-limits.ts'
import type { Registry } from './domain/registry.ts'
import type { Revocations } from './domain/revocations.ts'
import type { StaleAnswers } from './stale-answers.ts'

/** What the gateway's application is built from. */
export interface GatewayDeps {
  log: Logger
  metrics: Metrics
  clock: Clock
  version: string
  authenticator: Authenticator
  client: ServiceClient
  revocations: Revocations
  /** Whether auth has been asked what was revoked before this process began to listen. */
  revocationsLoaded(): boolean
  registry: Registry
  /** See `RegistryProbe.refresh`. */
  refreshRegistry(): Promise<void>
  checkTransport(): Promise<void>
  answers: StaleAnswers
  /** Called with the service whose kept answer was given. */
  onStale(service: ServiceName): void
  /** Real time: ages are no matter of the product's clock. */
  now(): number
  /** undefined: no limits. */
  rateLimits: readonly Window[] | undefined
  limiter: Limiter
  /** What the replicas have in common; `none` when every one is on its own. */
  redisState(): 'none' | 'up' | 'away'
  trustedProxyHops: number
  /** Whom to tell about a weakness, as addresses with a scheme; none: nobody is named. */
  securityContacts: readonly string[]
  /** See `AnswerHeadersOptions`, as the next. */
  publicBaseUrl: string
  corsOrigins: readonly string[]
  deadlineMaxMs: number
  /** Local profile only. */
  devClock: DevClock | undefined
  startedAt: Date
}
