import { userNotFound } from '../errors.ts'
import { ensureProfile, type EnsureProfileDeps } from './ensure-profile.ts'
import type { FullUser } from './get-user.ts'
import type { AccountDirectory } from './ports.ts'
import { setDeactivated } from './set-deactivated.ts'

/**
 * Deactivates a person: auth first, whose event ends sessions and bookings everywhere, then the profile, so that booking
 * is told at once. Repeating it changes nothing and repairs what a crash in between left. Throws `not-found`,
 * `illegal-transition` (the last admin), `dependency-unavailable`.
 */
export async function deactivateUser(
  deps: EnsureProfileDeps,
  accounts: AccountDirectory,
  input: { userId: string; actorUserId: string; traceparent?: string },
): Promise<FullUser> {
  const account = await accounts.deactivate(input.userId, input.actorUserId)
  if (!account) throw userNotFound()
  await ensureProfile(deps, account)
  await deps.inTransaction((stores) => setDeactivated(stores, { userId: account.id, now: deps.now() }), input)
  const person = await deps.people.find(account.id)
  if (!person) throw userNotFound()
  return { account, person }
}
