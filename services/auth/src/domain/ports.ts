import type { AuditAction } from '@alcove/contracts'
import type { Account, AccountStatus, RoleName } from './account.ts'
import type { OneTimeToken, Purpose } from './one-time-token.ts'
import type { RevokeReason, Session } from './session.ts'
import type { SigningKey } from './signing-key.ts'
import type { ThrottleState } from './throttle.ts'

/** Where a request came from: for sessions, the throttle and the audit log. */
export interface Origin {
  readonly address: string
  readonly userAgent: string | null
  readonly requestId: string | null
  readonly traceparent?: string
}

export interface AccountStore {
  /** Locks the row until the transaction ends, so that events leave in the order of versions. */
  lockById(id: string): Promise<Account | undefined>
  lockByEmail(email: string): Promise<Account | undefined>
  /** Undefined when the address is taken. */
  insert(account: Account): Promise<Account | undefined>
  save(account: Account): Promise<void>
  /** Remembers that the roles became others under this version, for gateways that start later. */
  noteRolesChanged(id: string, version: number, at: Date): Promise<void>
  /** Whether this is an active admin as the transaction sees it. */
  isActiveAdmin(id: string): Promise<boolean>
  /** Other active admins, once every concurrent change to the set of admins has ended. */
  countOtherAdmins(id: string): Promise<number>
}

export interface SessionStore {
  insert(session: Session): Promise<void>
  /** Remembers a device of a locked account; `first`: the account had none before. */
  noteDevice(accountId: string, fingerprint: Buffer, now: Date): Promise<'first' | 'new' | 'known'>
  addRefreshToken(token: { hash: Buffer; sessionId: string; createdAt: Date; expiresAt: Date }): Promise<void>
  /** Compare-and-swap: of any number of concurrent uses exactly one gets the session's id. */
  useRefreshToken(hash: Buffer, now: Date): Promise<string | undefined>
  /** Locks a live session; undefined when it was revoked or is over. */
  lockLive(id: string, now: Date): Promise<Session | undefined>
  touch(id: string, usedAt: Date, expiresAt: Date): Promise<void>
  /** The session of a refresh token that was used before. */
  findByUsedToken(hash: Buffer): Promise<{ id: string; accountId: string } | undefined>
  /** The same, if it was used since and its successor was not used yet. */
  findByRepeatedToken(hash: Buffer, successorHash: Buffer, since: Date): Promise<string | undefined>
  /** Ids of the live sessions, the most recently used first. */
  listLiveIds(accountId: string, now: Date): Promise<string[]>
  /** Whether this call revoked it. */
  revoke(session: { id: string; accountId: string }, reason: RevokeReason, now: Date): Promise<boolean>
}

export interface OneTimeTokenStore {
  insert(token: OneTimeToken & { hash: Buffer }): Promise<void>
  /** Those that were not used. */
  countUnusedSince(accountId: string, purpose: Purpose, since: Date): Promise<number>
  find(hash: Buffer, purpose: Purpose, now: Date): Promise<OneTimeToken | undefined>
  /** Compare-and-swap: whether this call used it. */
  use(id: string, now: Date): Promise<boolean>
  /** Makes the account's other tokens of this purpose unusable. */
  useAll(accountId: string, purpose: Purpose, now: Date): Promise<void>
}

/** What an act changed of an account. */
export interface AuditEntryValues {
  readonly status?: AccountStatus
  readonly roles?: RoleName[]
  readonly sessions?: number
}

export interface AuditEntry {
  readonly actorUserId: string | null
  readonly actorType?: 'user' | 'system' | 'service'
  readonly action: AuditAction
  readonly subject: string | null
  /** Whose account or session it was; not known for an unknown address. */
  readonly person?: string | null
  readonly before?: AuditEntryValues
  readonly after?: AuditEntryValues
}

/** Events of the transaction; each takes the account as it stands after the change, with the event's own version. */
export interface AccountEvents {
  registered(account: Account): Promise<void>
  verified(account: Account): Promise<void>
  rolesChanged(account: Account): Promise<void>
  deactivated(account: Account): Promise<void>
  reactivated(account: Account, reactivatedAt: Date): Promise<void>
  sessionRevoked(account: Account, sessionId: string | null, revokedAt: Date): Promise<void>
  oneTimeTokenRequested(account: Account, token: OneTimeToken): Promise<void>
  passwordChanged(account: Account, how: 'changed' | 'reset'): Promise<void>
  deviceAdded(account: Account, sessionId: string, signedInAt: Date): Promise<void>
  audit(entry: AuditEntry): Promise<void>
}

export interface Stores {
  readonly accounts: AccountStore
  readonly sessions: SessionStore
  readonly oneTimeTokens: OneTimeTokenStore
  readonly events: AccountEvents
}

/** Lends the stores of one transaction; throwing rolls it back. */
export type InTransaction = <T>(origin: Origin | null, work: (stores: Stores) => Promise<T>) => Promise<T>

/** Reads outside a transaction. */
export interface AccountReader {
  findById(id: string): Promise<Account | undefined>
  findByEmail(email: string): Promise<Account | undefined>
}

export interface Throttle {
  read(pair: Buffer, source: Buffer): Promise<ThrottleState>
  recordFailure(pair: Buffer, source: Buffer, now: Date): Promise<void>
  clear(pair: Buffer): Promise<void>
  /** Whether the audit log is to be told that this key waits: once a minute. */
  noteTold(key: Buffer, now: Date): Promise<boolean>
}

/** Work done while a hashing slot is held. */
export interface PasswordHasher {
  hash(password: string, options?: HashOptions): Promise<string>
  /** Null is compared with a hash nobody's password has: the same work, always `none`. */
  verify(passwordHash: string | null, password: string, options?: VerifyOptions): Promise<PasswordMatch>
}

/** `former-form`: right, but the hash is of the characters before they were normalised. */
export type PasswordMatch = 'none' | 'current' | 'former-form'

export interface HashOptions {
  readonly signal?: AbortSignal
  /** `known`: for somebody who has shown to be a person with an account; goes before `new`, which anybody may ask for. */
  readonly urgency?: 'known' | 'new'
}

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Runs once the slot is held, before any hashing. */
  readonly before?: () => Promise<void>
  /** Runs while the slot is still held: whoever gets it next sees what this wrote. */
  readonly after?: (right: boolean) => Promise<void>
}

export interface SigningKeyStore {
  list(): Promise<SigningKey[]>
  /** One replica at a time: plans with the keys as they are and applies the plan in the same transaction. */
  rotate(plan: (keys: SigningKey[]) => Promise<{ add: SigningKey[]; remove: string[] }>): Promise<void>
}

export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly string[]
  /** Of the account row that the roles were read from. */
  readonly accountVersion: number
}

/** Signs an access token for a session. */
export type IssueAccessToken = (claims: AccessClaims, now: Date) => Promise<string>
