import type { Authenticator, Clock, Logger, Registry } from '@alcove/kit'
import type { KeyRing } from './crypto/key-ring.ts'
import type { ReadServiceKeys } from './crypto/key-sources.ts'
import type { AccountFinder } from './db/accounts.ts'
import type { AdmitMail } from './db/mail-cap.ts'
import type { FindMailable } from './db/one-time-tokens.ts'
import type { SessionFinder } from './db/sessions.ts'
import type { InTransaction, IssueAccessToken, PasswordHasher, Throttle } from './domain/ports.ts'
import type { IsCommonPassword } from './domain/password.ts'
import type { Secrets } from './domain/secrets.ts'

/** What auth's application is made of; `now` is real time, which tokens and sessions live by. */
export interface AuthParts {
  readonly log: Logger
  readonly metrics: Registry
  readonly clock: Clock
  readonly version: string
  readonly authenticator: Authenticator
  readonly inTransaction: InTransaction
  readonly accounts: AccountFinder
  readonly sessions: SessionFinder
  readonly findMailable: FindMailable
  readonly throttle: Throttle
  readonly admitMail: AdmitMail
  readonly hasher: PasswordHasher
  readonly keyRing: KeyRing
  readonly isCommonPassword: IsCommonPassword
  /** Who people's tokens say has issued them. */
  readonly userTokenIssuer: string
  readonly readServiceKeys: ReadServiceKeys
  readonly secrets: Secrets
  /** Days after which a session ends, however often it is used. */
  readonly sessionMaxDays: number
  readonly now: () => Date
  readonly newId: () => string
}

/** Everything auth's routes use. */
export interface AuthDeps extends AuthParts {
  /** The application signs them itself. */
  readonly issueAccessToken: IssueAccessToken
}
