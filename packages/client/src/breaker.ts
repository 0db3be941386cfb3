import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import CircuitBreaker from 'opossum'
import { isCalleeFault } from './faults.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface BreakerSettings {
  /** Calls within the window before the error share is looked at. */
  volumeThreshold: number
  errorThresholdPercentage: number
  windowMs: number
  /** So many failures in a row open the breaker whatever the window says: it ends slow callees and dead ones alike within moments. */
  consecutiveFailuresMax: number
  /** How long it stays open before one probe is let through. */
  resetTimeoutMs: number
}

export const breakerDefaults: BreakerSettings = {
  volumeThreshold: 10,
  errorThresholdPercentage: 50,
  windowMs: 10_000,
  consecutiveFailuresMax: 5,
  resetTimeoutMs: 2000,
}

export interface Breaker {
  /** Runs the work unless the breaker is open. @throws {DependencyError} `open`, unsent, or what the work threw */
  run<T>(work: () => Promise<T>): Promise<T>
  state(): BreakerState
  /** Opens or closes it whatever the calls say, for tests: an open one lets its probe through as always. */
  force(state: 'open' | 'closed'): void
  close(): void
}

/**
 * A breaker around one callee. Only what {@link isCalleeFault} names is a failure, only an answer is a success, and everything else leaves no trace: it opens
 * nothing, closes nothing, hides no failure, and as a probe makes room for the next one.
 */
export function createBreaker(callee: ServiceName, settings: BreakerSettings, changed: (state: BreakerState) => void): Breaker {
  // Given outcomes, not work: opossum knows no third one beside success and failure.
  const circuit = new CircuitBreaker((outcome: () => Promise<void>) => outcome(), {
    name: callee,
    timeout: false,
    volumeThreshold: settings.volumeThreshold,
    errorThresholdPercentage: settings.errorThresholdPercentage,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 10,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    resetTimeout: settings.resetTimeoutMs,
  })
  let openedAt = 0
  let failures = 0
  const state = (): BreakerState => (circuit.opened ? 'open' : circuit.halfOpen ? 'half-open' : 'closed')
  circuit.on('success', () => (failures = 0))
  circuit.on('failure', () => {
    failures += 1
    if (failures >= settings.consecutiveFailuresMax && circuit.closed) circuit.open()
  })
  circuit.on('open', () => {
    openedAt = performance.now()
    changed('open')
  })
  circuit.on('halfOpen', () => {
    probe = undefined
    changed('half-open')
  })
  circuit.on('close', () => {
    failures = 0
    changed('closed')
  })
  /** The probe under way. One at a time; one that takes longer than the breaker stays open holds back nobody else. */
  let probe: { begunAt: number } | undefined
  const isProbed = () => probe !== undefined && performance.now() - probe.begunAt < settings.resetTimeoutMs
  /** What comes of a call that was begun before the breaker opened changes nothing any more. */
  const note = (outcome: () => Promise<void>) => circuit.fire(outcome).then(noted, noted)
  const refuse = () => {
    const waitMs = openedAt + settings.resetTimeoutMs - performance.now()
    return new DependencyError(callee, { sent: false, reason: 'open', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) })
  }
  return {
    state,
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (circuit.opened || (circuit.halfOpen && isProbed())) throw refuse()
      const own = circuit.halfOpen ? { begunAt: performance.now() } : undefined
      if (own) probe = own
      let result: T
      try {
        result = await work()
      } catch (error) {
        if (isCalleeFault(error)) await note(() => Promise.reject(error))
        if (probe === own) probe = undefined
        throw error
      }
      await note(() => Promise.resolve())
      return result
    },
    force: (wanted) => (wanted === 'open' ? circuit.open() : circuit.close()),
    close: () => circuit.shutdown(),
  }
}

const noted = () => undefined
