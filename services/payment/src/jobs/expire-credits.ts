import type { WalletStore } from '../domain/accounts.ts'

const walletsAtOnce = 100

/**
 * Takes expired credits out of wallets. Late: nobody can spend them meanwhile (a reservation looks at the clock), only balances show
 * them longer. Idempotent: a bucket is emptied once.
 */
export async function expireCredits(
  deps: { wallets: Pick<WalletStore, 'expire'>; now: () => Date; onExpired: () => void },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const wallets = await deps.wallets.expire(deps.now(), walletsAtOnce)
    if (wallets > 0) deps.onExpired()
    if (wallets < walletsAtOnce) return
  }
}
