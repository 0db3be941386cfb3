import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import CircuitBreaker from 'opossum'
import { CallerGoneError } from './exchange.ts'

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

/** Errors that say nothing about the callee's health: its caller went away or gave it too little time to be judged by, or all places were taken. */
function isInconclusive(error: unknown): boolean {
  return error instanceof DependencyError && (error instanceof CallerGoneError || error.reason === 'bulkhead' || inconclusive.has(error))
}

const inconclusive = new WeakSet<DependencyError>()

/** Marks a timeout that a small budget brought about: whoever sends many of those must not open a breaker for everybody. */
export function markInconclusive(error: unknown): unknown {
  if (error instanceof DependencyError) inconclusive.add(error)
  return error
}

/** A breaker around one callee. Failures are {@link DependencyError}s; a probe that ends inconclusively keeps it open. */
export function createBreaker(callee: ServiceName, settings: BreakerSettings, changed: (state: BreakerState) => void): Breaker {
  const circuit = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
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
  circuit.on('halfOpen', () => changed('half-open'))
  circuit.on('close', () => {
    failures = 0
    changed('closed')
  })
  const refuse = () => {
    const waitMs = openedAt + settings.resetTimeoutMs - performance.now()
    return new DependencyError(callee, { sent: false, reason: 'open', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) })
  }
  return {
    state,
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (circuit.opened) throw refuse()
      const probing = circuit.halfOpen
      let setAside: unknown
      const guarded = () =>
        work().catch((error: unknown) => {
          if (probing || !isInconclusive(error)) throw error
          setAside = error
        })
      let result: T
      try {
        result = (await circuit.fire(guarded)) as T
      } catch (error) {
        if ((error as { code?: string }).code === 'EOPENBREAKER') throw refuse()
        throw error
      }
      if (setAside !== undefined) throw setAside
      return result
    },
    force: (wanted) => (wanted === 'open' ? circuit.open() : circuit.close()),
    close: () => circuit.shutdown(),
  }
}
