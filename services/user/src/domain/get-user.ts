import { userNotFound } from '../errors.ts'
import { ensureProfile, type EnsureProfileDeps } from './ensure-profile.ts'
import type { Account, AccountDirectory, PersonRow } from './ports.ts'

/** A profile with what auth knows of its person. */
export interface FullUser {
  readonly account: Account
  readonly person: PersonRow
}

/** Everything of one person. Throws `not-found`, and `dependency-unavailable` when auth is down. */
export async function getFullUser(deps: EnsureProfileDeps, accounts: AccountDirectory, id: string): Promise<FullUser> {
  const [account, person] = await Promise.all([accounts.find(id), deps.people.find(id)])
  if (!account) throw userNotFound()
  return { account, person: person && person.displayName !== '' ? person : await ensureProfile(deps, account) }
}
