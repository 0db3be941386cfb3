import { invalidField, notFound } from '../errors.ts'
import type { NewGrant, WalletStore } from './accounts.ts'
import type { WalletRecord } from './records.ts'

export type GrantRequest = Omit<NewGrant, 'id' | 'now' | 'userId'>

export interface GrantDeps {
  wallets: Pick<WalletStore, 'find' | 'grant'>
  now: () => Date
  newId: () => string
}

/**
 * Gives credits to a wallet as a bucket of their own, and answers the wallet as it is then. Once per idempotency key.
 * @throws {ProblemError} `not-found`; `malformed` when they would expire in the past; `idempotency-key-reused`
 */
export async function grantCredits(deps: GrantDeps, request: GrantRequest): Promise<WalletRecord> {
  const now = deps.now()
  const wallet = await deps.wallets.find(request.walletId)
  if (!wallet) throw notFound()
  if (request.expiresAt && request.expiresAt <= now) throw invalidField('/expiresAt', 'Must lie in the future.')
  await deps.wallets.grant({ ...request, walletId: wallet.id, userId: wallet.userId, id: deps.newId(), now })
  return (await deps.wallets.find(wallet.id)) ?? wallet
}
