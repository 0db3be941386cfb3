import CircuitBreaker from 'opossum'
import { ProviderUnavailable, type PaymentProvider } from '../domain/provider.ts'

export interface ProviderBreaker extends PaymentProvider {
  state(): 'closed' | 'open' | 'half-open'
}

/**
 * A breaker around a provider: after repeated silence callers are told at once instead of waiting, and one probe at a time finds out
 * when it is back. A time-out says nothing about the effect; whoever comes next asks the provider.
 */
export function withBreaker(provider: PaymentProvider, options: { timeoutMs: number; resetMs: number }): ProviderBreaker {
  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    timeout: options.timeoutMs,
    resetTimeout: options.resetMs,
    errorThresholdPercentage: 50,
    volumeThreshold: 10,
    rollingCountTimeout: 10_000,
    rollingCountBuckets: 10,
  })
  async function guard<T>(call: () => Promise<T>): Promise<T> {
    try {
      return (await breaker.fire(call)) as T
    } catch (error) {
      if (error instanceof ProviderUnavailable) throw error
      const { code } = error as { code?: string }
      if (code === 'EOPENBREAKER' || code === 'ETIMEDOUT') throw new ProviderUnavailable('the provider does not answer', { cause: error })
      throw error
    }
  }
  return {
    authorize: (charge) => guard(() => provider.authorize(charge)),
    capture: (charge) => guard(() => provider.capture(charge)),
    void: (charge) => guard(() => provider.void(charge)),
    refund: (charge) => guard(() => provider.refund(charge)),
    find: (key) => guard(() => provider.find(key)),
    state: () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed'),
  }
}
