import type { Address } from './address.ts'
import type { Profile, ProfileStatus } from './profile.ts'
import type { Team, TeamRole } from './team.ts'

/** What auth says of a person. */
export interface Account {
  readonly id: string
  readonly email: string
  readonly displayName: string
  readonly roles: readonly ('member' | 'team-admin' | 'operator' | 'admin')[]
  readonly status: 'unverified' | 'active' | 'deactivated'
  /** Of the account's newest event. */
  readonly version?: number
}

/** auth, asked within one request or sweep. Every method throws `dependency-unavailable` when auth gives no answer. */
export interface AccountDirectory {
  find(id: string): Promise<Account | undefined>
  /** Unknown ids are left out; newest first. */
  listByIds(ids: readonly string[]): Promise<Account[]>
  listByEmail(query: { contains: string; beforeId?: string; limit: number }): Promise<Account[]>
  /** Undefined for nobody; refusals of auth pass through. */
  deactivate(id: string, actorUserId: string): Promise<Account | undefined>
  /** Undefined for nobody. */
  reactivate(id: string, actorUserId: string): Promise<Account | undefined>
}

export interface ProfileStore {
  lock(id: string): Promise<Profile | undefined>
  /** Whether this call made it; an existing one without a name gets this one. */
  insert(profile: Profile & { nameDue: boolean; accountVersion: number }): Promise<boolean>
  /** Saves a locked profile. */
  save(profile: Profile, now: Date): Promise<void>
  /** Whether this account event is newer than any applied to the profile, which then remembers it. */
  advance(id: string, accountVersion: number): Promise<boolean>
  /** Whether an account event newer than this version was applied to the locked profile. */
  knowsNewer(id: string, accountVersion: number): Promise<boolean>
  /** Has the name asked of auth again, unless the person has edited it. */
  markNameDue(id: string): Promise<void>
}

export interface AddressStore {
  insert(userId: string, address: Address, now: Date): Promise<void>
  count(userId: string): Promise<number>
}

export interface TeamStore {
  lock(id: string): Promise<Team | undefined>
  insert(team: Pick<Team, 'id' | 'name'>, now: Date): Promise<void>
  rename(id: string, name: string): Promise<void>
  putMember(teamId: string, member: { userId: string; role: TeamRole }, now: Date): Promise<void>
  removeMember(teamId: string, userId: string): Promise<void>
  countTeamsOf(userId: string): Promise<number>
  /** Raises the version after a change and returns the team as it then is. */
  raise(id: string, now: Date): Promise<Team>
}

/** An invitation that waits. */
export interface Invitation {
  readonly id: string
  readonly teamId: string
  readonly userId: string | null
  readonly email: string | null
  readonly role: TeamRole
  readonly invitedBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface InvitationStore {
  /** Whether this call made it: one waits already for the same person or address. */
  insert(invitation: Invitation): Promise<boolean>
  /** Those that wait. */
  count(teamId: string, now: Date): Promise<number>
  /** Takes it out, so that of several decisions one counts; undefined when it waits no more. */
  take(id: string, now: Date): Promise<Invitation | undefined>
}

export interface UserEvents {
  teamInvited(invitation: Invitation & { userId: string }): Promise<void>
  profileUpdated(profile: Profile): Promise<void>
  teamChanged(team: Team): Promise<void>
  /** Says who did it to whom; without an actor, as for what another service decided, nothing is said. */
  audit(act: UserAudit): Promise<void>
}

/** Who acts, in which request and from where. */
export interface Actor {
  readonly userId: string
  readonly requestId: string
  readonly address: string | null
}

/** An act on somebody's membership or account. */
export type UserAudit = { readonly subject: string; readonly person: string | null } & (
  | { readonly action: 'team.renamed' }
  | {
      readonly action: `team.${'member-invited' | 'invitation-withdrawn' | `member-${'added' | 'role-changed' | 'removed'}`}`
      readonly before: { role: TeamRole | null }
      readonly after: { role: TeamRole | null }
    }
  | { readonly action: `user.${'deactivated' | 'reactivated'}`; readonly before: { status: ProfileStatus }; readonly after: { status: ProfileStatus } }
)

/** A creating request's key; undefined without one. */
export interface IdempotencyScope {
  readonly principalId: string
  readonly method: string
  readonly path: string
  readonly key: string
  readonly body: unknown
}

export interface Stores {
  readonly profiles: ProfileStore
  readonly addresses: AddressStore
  readonly teams: TeamStore
  readonly invitations: InvitationStore
  readonly events: UserEvents
  /** The id to answer with when the request is a repeat; undefined for a first one. Throws `idempotency-key-reused`. */
  takeKey(scope: IdempotencyScope | undefined, resourceId: string): Promise<string | undefined>
}

/** Lends the stores of one transaction; throwing rolls it back. */
export type InTransaction = <T>(work: (stores: Stores) => Promise<T>, origin?: { traceparent?: string; actor?: Actor }) => Promise<T>

/** What booking's hot path reads in one statement. */
export interface PersonRow {
  readonly id: string
  readonly displayName: string
  readonly locale: string
  readonly timeZone: string
  readonly planId: string | null
  readonly status: ProfileStatus
  readonly teams: readonly { id: string; name: string; role: TeamRole }[]
}

export interface PeopleReader {
  find(id: string): Promise<PersonRow | undefined>
  listByIds(ids: readonly string[]): Promise<PersonRow[]>
  /** Ids, newest first, of those whose name contains the text (of all without it). */
  listIds(query: { nameContains?: string; beforeId?: string; limit: number }): Promise<string[]>
  /** Ids whose name auth is still to be asked for. */
  listNameDue(limit: number): Promise<string[]>
  setName(id: string, displayName: string | null): Promise<void>
}
