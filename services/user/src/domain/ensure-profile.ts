import type { Account, AccountDirectory, InTransaction, PeopleReader, PersonRow } from './ports.ts'
import type { Profile, ProfileDefaults } from './profile.ts'

export interface EnsureProfileDeps {
  readonly people: PeopleReader
  readonly inTransaction: InTransaction
  readonly defaults: ProfileDefaults
  readonly now: () => Date
}

/** A profile as it begins, version 1. */
export function newProfile(defaults: ProfileDefaults, account: Pick<Account, 'id' | 'displayName'> & { status: string }, now: Date): Profile {
  const status = account.status === 'deactivated' ? 'deactivated' : 'active'
  return { id: account.id, displayName: account.displayName, nameEdited: false, ...defaults, planId: null, status, version: 1, createdAt: now }
}

/** Makes the profile of an account, or gives an existing one the name it still lacks; the first write emits `user.profile-updated`. */
export async function ensureProfile(deps: EnsureProfileDeps, account: Account): Promise<PersonRow> {
  const profile = newProfile(deps.defaults, account, deps.now())
  await deps.inTransaction(async (stores) => {
    if (await stores.profiles.insert({ ...profile, nameDue: false, accountVersion: 0 })) await stores.events.profileUpdated(profile)
  })
  const person = await deps.people.find(account.id)
  if (!person) throw new Error('a profile vanished while it was made')
  return person
}

/**
 * A person by id: from the profile alone when it is there, else (the event of a registration has not arrived) from auth.
 * Undefined for nobody. Throws `dependency-unavailable` only when auth is needed and down.
 */
export async function findPerson(deps: EnsureProfileDeps, accounts: Pick<AccountDirectory, 'find'>, id: string): Promise<PersonRow | undefined> {
  const person = await deps.people.find(id)
  if (person && person.displayName !== '') return person
  const account = await accounts.find(id)
  return account && ensureProfile(deps, account)
}
