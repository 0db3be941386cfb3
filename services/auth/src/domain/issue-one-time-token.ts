import type { Account } from './account.ts'
import { changeAccount } from './change-account.ts'
import { mailsPerHourMax, oneTimeTtlSeconds, type Purpose } from './one-time-token.ts'
import type { Stores } from './ports.ts'
import { hashOf, oneTimeTokenOf, type Secrets } from './secrets.ts'
import { after } from './session.ts'

/** The credentials a verification confirms; absent for a reset. */
export interface PendingCredentials {
  readonly passwordHash: string
  readonly displayName: string
}

/**
 * Makes a one-time token of a locked account and asks, through its event, that it be mailed.
 * Does nothing once the account was sent `mailsPerHourMax` of them within an hour that nobody used: nobody's mailbox is flooded by a stranger, and who uses
 * their mails is sent the next.
 */
export async function issueOneTimeToken(
  deps: { secrets: Secrets; newId: () => string },
  stores: Stores,
  input: { account: Account; purpose: Purpose; credentials?: PendingCredentials; now: Date },
): Promise<void> {
  const { account, purpose, credentials, now } = input
  if ((await stores.oneTimeTokens.countUnusedSince(account.id, purpose, after(now, -3600))) >= mailsPerHourMax) return
  const id = deps.newId()
  const token = {
    id,
    accountId: account.id,
    purpose,
    passwordHash: credentials?.passwordHash ?? null,
    displayName: credentials?.displayName ?? null,
    createdAt: now,
    expiresAt: after(now, oneTimeTtlSeconds[purpose]),
  }
  await stores.oneTimeTokens.insert({ ...token, hash: hashOf(oneTimeTokenOf(deps.secrets, id)) })
  await stores.events.oneTimeTokenRequested(await changeAccount(stores, account, {}), token)
}
