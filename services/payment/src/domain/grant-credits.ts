import { grantDecided, grantOverdue, invalidField, notFound, ownGrant } from '../errors.ts'
import type { Decision, GrantRequestRecord, GrantRequestStore, NewGrant, WalletStore } from './accounts.ts'
import type { WalletRecord } from './records.ts'

export type GrantRequest = Omit<NewGrant, 'id' | 'now' | 'userId'>

export interface GrantDeps {
  wallets: Pick<WalletStore, 'find' | 'grant'>
  grantRequests: GrantRequestStore
  /** Whether what operators give themselves needs another one. */
  fourEyes: boolean
  now: () => Date
  newId: () => string
}

/**
 * Gives credits to a wallet as a bucket of their own and answers the wallet as it is then; where four eyes are asked for, what somebody gives themselves waits. Once per idempotency key.
 * @throws {ProblemError} `not-found`; `malformed` when they would expire in the past; `idempotency-key-reused`
 */
export async function grantCredits(deps: GrantDeps, request: GrantRequest): Promise<{ wallet: WalletRecord } | { pending: GrantRequestRecord }> {
  const now = deps.now()
  const wallet = await deps.wallets.find(request.walletId)
  if (!wallet) throw notFound()
  if (request.expiresAt && request.expiresAt <= now) throw invalidField('/expiresAt', 'Must lie in the future.')
  const grant = { ...request, walletId: wallet.id, userId: wallet.userId, id: deps.newId(), now }
  if (deps.fourEyes && wallet.userId === request.actor.userId) {
    const pending = await deps.grantRequests.find(await deps.grantRequests.request(grant))
    if (!pending) throw new Error(`grant request of wallet ${wallet.id} vanished`)
    return { pending }
  }
  await deps.wallets.grant(grant)
  return { wallet: (await deps.wallets.find(wallet.id)) ?? wallet }
}

/**
 * Approves or declines credits that an operator asked for themselves; the same decision again gives the same answer.
 * @throws {ProblemError} `not-found`; `forbidden` for one's own approval; `illegal-transition` when it is decided otherwise or would have expired
 */
export async function decideGrant(deps: Pick<GrantDeps, 'grantRequests' | 'now'>, decision: Omit<Decision, 'now'>): Promise<GrantRequestRecord> {
  const now = deps.now()
  const { status, actor } = decision
  const decided = await deps.grantRequests.decide({ ...decision, now }, (request) => {
    if (status === 'approved' && request.requestedBy === actor.userId) throw ownGrant()
    if (request.status !== 'pending' && request.status !== status) throw grantDecided(request.status)
    if (request.status === 'pending' && status === 'approved' && request.expiresAt && request.expiresAt <= now) throw grantOverdue()
  })
  if (!decided) throw notFound()
  return decided
}
