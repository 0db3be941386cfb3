import type { ServiceName } from '@alcove/contracts'
import type { Lifecycle } from '@alcove/kit'
import type { Registry } from '../domain/registry.ts'

/** A silent service is asked again this soon, so that an outage and its end are noticed within seconds. */
const silentIntervalMs = 2000
/** How long somebody who asks for the health of the whole waits for an answer newer than the last round's. */
const refreshWaitMs = 1000
const refreshAfterMs = 2000

export interface RegistryProbe extends Lifecycle {
  /** A real request got no answer: no need to wait for the next round. */
  suspect(name: ServiceName): void
  /** Makes sure that the registry knows the last seconds, as far as that can be had within one. */
  refresh(): Promise<void>
}

/** Probes each of the registry's services at once and then again and again, each in its own time. */
export function createRegistryProbe(registry: Registry, intervalMs: number): RegistryProbe {
  const timers = new Map<ServiceName, NodeJS.Timeout>()
  const asked = new Map<ServiceName, { atMs: number; answered: Promise<void> }>()
  let stopped = false

  function ask(name: ServiceName): Promise<void> {
    const answered = registry.probe(name).then(() => planNext(name))
    asked.set(name, { atMs: performance.now(), answered })
    return answered
  }
  function planNext(name: ServiceName): void {
    clearTimeout(timers.get(name))
    if (stopped) return
    const delayMs = registry.isSilent(name) ? Math.min(intervalMs, silentIntervalMs) : intervalMs
    timers.set(
      name,
      setTimeout(() => void ask(name), delayMs),
    )
  }
  const isOlder = (name: ServiceName, ms: number) => performance.now() - (asked.get(name)?.atMs ?? Number.NEGATIVE_INFINITY) >= ms

  return {
    name: 'registry',
    phase: 'request',
    start: async () => {
      for (const name of registry.names) void ask(name)
    },
    stop: async () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
    suspect(name) {
      if (!stopped && isOlder(name, Math.min(intervalMs, silentIntervalMs))) void ask(name)
    },
    async refresh() {
      const answers = registry.names.map((name) => (isOlder(name, refreshAfterMs) ? ask(name) : asked.get(name)?.answered))
      const { promise: enough, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, refreshWaitMs)
      await Promise.race([Promise.all(answers), enough])
      clearTimeout(timer)
    },
  }
}
