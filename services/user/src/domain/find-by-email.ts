import { ensureProfile, type EnsureProfileDeps } from './ensure-profile.ts'
import type { AccountDirectory, PersonRow } from './ports.ts'

/** More accounts than this hold an address as a part of theirs only if somebody made them so. */
const lookedAt = 200

/** The active person whose address this is, with a profile; undefined for nobody's. Throws `dependency-unavailable`. */
export async function findByEmail(deps: EnsureProfileDeps, accounts: Pick<AccountDirectory, 'listByEmail'>, email: string): Promise<PersonRow | undefined> {
  const wanted = email.toLowerCase()
  const found = (await accounts.listByEmail({ contains: wanted, limit: lookedAt })).find((account) => account.email === wanted && account.status === 'active')
  return found && ensureProfile(deps, found)
}
