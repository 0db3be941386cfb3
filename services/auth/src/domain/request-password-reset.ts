import { normaliseEmail } from './account.ts'
import { issueOneTimeToken } from './issue-one-time-token.ts'
import type { InTransaction, Origin } from './ports.ts'
import type { Secrets } from './secrets.ts'

export interface RequestResetDeps {
  readonly inTransaction: InTransaction
  readonly secrets: Secrets
  readonly now: () => Date
  readonly newId: () => string
}

/** Asks that a reset token be mailed, if the address has an active account; one audited transaction either way, so that the time tells nothing. */
export async function requestPasswordReset(deps: RequestResetDeps, input: { email: string; origin: Origin }): Promise<void> {
  const now = deps.now()
  await deps.inTransaction(input.origin, async (stores) => {
    const account = await stores.accounts.lockByEmail(normaliseEmail(input.email))
    if (account?.status === 'active') await issueOneTimeToken(deps, stores, { account, purpose: 'reset-password', now })
    await stores.events.audit({ actorUserId: null, action: 'password.reset-requested', subject: account?.id ?? null, person: account?.id })
  })
}
