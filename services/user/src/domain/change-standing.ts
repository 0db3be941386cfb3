import { userNotFound } from '../errors.ts'
import { ensureProfile, type EnsureProfileDeps } from './ensure-profile.ts'
import type { FullUser } from './get-user.ts'
import type { Account, AccountDirectory, Actor } from './ports.ts'
import { setStanding } from './set-standing.ts'

export interface StandingInput {
  readonly userId: string
  readonly actor: Actor
  readonly traceparent?: string
}

/**
 * Deactivates a person: auth first, whose event ends sessions and bookings everywhere, then the profile, so that booking
 * is told at once. Repeating it changes nothing and repairs what a crash in between left. Throws `not-found`,
 * `illegal-transition` (the last admin), `dependency-unavailable`.
 */
export async function deactivateUser(deps: EnsureProfileDeps, accounts: AccountDirectory, input: StandingInput): Promise<FullUser> {
  return follow(deps, await accounts.deactivate(input.userId, input.actor.userId), input)
}

/** Reactivates a person in the same order, and repeats in the same way. Throws `not-found`, `dependency-unavailable`. */
export async function reactivateUser(deps: EnsureProfileDeps, accounts: AccountDirectory, input: StandingInput): Promise<FullUser> {
  return follow(deps, await accounts.reactivate(input.userId, input.actor.userId), input)
}

/** Has the profile say what auth has decided. */
async function follow(deps: EnsureProfileDeps, account: Account | undefined, input: StandingInput): Promise<FullUser> {
  if (!account) throw userNotFound()
  await ensureProfile(deps, account)
  const status = account.status === 'deactivated' ? 'deactivated' : 'active'
  await deps.inTransaction((stores) => setStanding(stores, { userId: account.id, status, accountVersion: account.version, now: deps.now() }), input)
  const person = await deps.people.find(account.id)
  if (!person) throw userNotFound()
  return { account, person }
}
