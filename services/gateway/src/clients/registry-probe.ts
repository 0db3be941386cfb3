import type { Lifecycle } from '@alcove/kit'
import type { Registry } from '../domain/registry.ts'

/** Probes the registry's services at once and then again and again, one round at a time. */
export function createRegistryProbe(registry: Registry, intervalMs: number): Lifecycle {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  async function round(): Promise<void> {
    await registry.probeAll()
    if (!stopped) timer = setTimeout(() => void round(), intervalMs)
  }
  return {
    name: 'registry',
    phase: 'request',
    start: async () => void round(),
    stop: async () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
