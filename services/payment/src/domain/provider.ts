/** A charge as it stands in the provider's own books. `pending`: the provider has not decided yet. */
export interface ProviderCharge {
  key: string
  status: 'pending' | 'authorized' | 'refused' | 'captured' | 'voided' | 'expired'
  amountMinor: number
  currency: string
  capturedMinor: number
  refunds: readonly { key: string; amountMinor: number }[]
}

/**
 * A payment provider: a foreign system with its own books. Every call is idempotent on our keys and answers the charge as it
 * stands afterwards, also when it did not do what was asked (a capture of a voided charge answers `voided`): the
 * caller compares. Throws {@link ProviderUnavailable} when there is no answer, which says nothing about the effect.
 */
export interface PaymentProvider {
  authorize(charge: { key: string; token: string; amountMinor: number; currency: string }): Promise<ProviderCharge>
  /** At most what was authorized; what is not captured is let go. */
  capture(charge: { key: string; amountMinor: number }): Promise<ProviderCharge>
  void(charge: { key: string }): Promise<ProviderCharge>
  refund(charge: { key: string; refundKey: string; amountMinor: number }): Promise<ProviderCharge>
  /** The charge under our key, or undefined when the provider has never seen it. */
  find(key: string): Promise<ProviderCharge | undefined>
}

/** The provider gave no answer: refused connection, reset, time-out, open breaker. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable'
}
