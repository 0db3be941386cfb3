import { readFile } from 'node:fs/promises'
import type { ReplicaCount } from '../domain/describe-services.ts'

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0

/** Reads the process supervisor's state; whatever is missing or unreadable is simply not known. */
export function createReplicaReader(file: string): () => Promise<ReadonlyMap<string, ReplicaCount>> {
  return async () => {
    const counts = new Map<string, ReplicaCount>()
    if (!file) return counts
    try {
      const { services } = JSON.parse(await readFile(file, 'utf8')) as { services?: unknown }
      for (const entry of Array.isArray(services) ? (services as Record<string, unknown>[]) : []) {
        const { name, replicas, ready, restarts } = entry
        if (typeof name === 'string' && isCount(replicas) && isCount(ready))
          counts.set(name, { wanted: replicas, ready, restarts: isCount(restarts) ? restarts : 0 })
      }
    } catch {
      // No supervisor, or it is just writing: the next reading knows more.
    }
    return counts
  }
}
