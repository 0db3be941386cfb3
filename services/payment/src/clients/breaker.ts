import CircuitBreaker from 'opossum'
import { ProviderUnavailable, type PaymentProvider } from '../domain/provider.ts'
import type { ObserveProviderCall } from './metrics.ts'

export interface ProviderBreaker extends PaymentProvider {
  state(): 'closed' | 'open' | 'half-open'
  /** Opens or closes it whatever the calls say, for tests. */
  force(state: 'open' | 'closed'): void
}

interface ProviderBreakerOptions {
  timeoutMs: number
  /** How long it stays open before one probe is let through. */
  resetMs: number
  observe?: ObserveProviderCall
}

/**
 * A breaker around a provider: after repeated silence callers are told at once instead of waiting, and one probe at a time finds out
 * when it is back. A time-out says nothing about the effect; whoever comes next asks the provider.
 */
export function withBreaker(provider: PaymentProvider, options: ProviderBreakerOptions): ProviderBreaker {
  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    timeout: options.timeoutMs,
    resetTimeout: options.resetMs,
    errorThresholdPercentage: 50,
    volumeThreshold: 10,
    rollingCountTimeout: 10_000,
    rollingCountBuckets: 10,
  })
  async function guard<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    let outcome: Parameters<ObserveProviderCall>[1] = 'error'
    try {
      const answer = (await breaker.fire(call)) as T
      outcome = 'ok'
      return answer
    } catch (error) {
      const { code } = error as { code?: string }
      if (error instanceof ProviderUnavailable || code === 'ETIMEDOUT') outcome = 'unavailable'
      else if (code === 'EOPENBREAKER') outcome = 'open'
      if (outcome === 'error' || error instanceof ProviderUnavailable) throw error
      throw new ProviderUnavailable('the provider does not answer', { cause: error })
    } finally {
      options.observe?.(operation, outcome, (performance.now() - startedAt) / 1000)
    }
  }
  return {
    authorize: (charge) => guard('authorize', () => provider.authorize(charge)),
    capture: (charge) => guard('capture', () => provider.capture(charge)),
    void: (charge) => guard('void', () => provider.void(charge)),
    refund: (charge) => guard('refund', () => provider.refund(charge)),
    find: (key) => guard('find', () => provider.find(key)),
    state: () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed'),
    force: (state) => (state === 'open' ? breaker.open() : breaker.close()),
  }
}
