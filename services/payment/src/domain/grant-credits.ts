import { invalidField, notFound } from '../errors.ts'
import type { WalletRecord } from './records.ts'

export interface GrantRequest<Actor, Idempotency> {
  walletId: string
  amountCredits: number
  reason: string
  expiresAt?: Date
  actor: Actor
  idempotency?: Idempotency
}

export interface GrantDeps<Actor, Idempotency> {
  wallets: {
    find(id: string): Promise<WalletRecord | undefined>
    grant(grant: GrantRequest<Actor, Idempotency> & { id: string; now: Date }): Promise<void>
  }
  now: () => Date
  newId: () => string
}

/**
 * Gives credits to a wallet as a bucket of their own, and answers the wallet as it is then. Once per idempotency key.
 * @throws {ProblemError} `not-found`; `malformed` when they would expire in the past; `idempotency-key-reused`
 */
export async function grantCredits<Actor, Idempotency>(deps: GrantDeps<Actor, Idempotency>, request: GrantRequest<Actor, Idempotency>): Promise<WalletRecord> {
  const now = deps.now()
  const wallet = await deps.wallets.find(request.walletId)
  if (!wallet) throw notFound()
  if (request.expiresAt && request.expiresAt <= now) throw invalidField('/expiresAt', 'Must lie in the future.')
  await deps.wallets.grant({ ...request, walletId: wallet.id, id: deps.newId(), now })
  return (await deps.wallets.find(wallet.id)) ?? wallet
}
