import { readFile } from 'node:fs/promises'
import type { Deployment } from '../domain/describe-services.ts'

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0

/** Reads the process supervisor's state; whatever is missing or unreadable is simply not known. */
export function createSupervisorReader(file: string): () => Promise<ReadonlyMap<string, Deployment>> {
  return async () => {
    const deployments = new Map<string, Deployment>()
    if (!file) return deployments
    try {
      const { services } = JSON.parse(await readFile(file, 'utf8')) as { services?: unknown }
      for (const entry of Array.isArray(services) ? (services as Record<string, unknown>[]) : []) {
        const { name, replicas, ready, restarts, startedAt } = entry
        if (typeof name !== 'string' || !isCount(replicas) || !isCount(ready)) continue
        deployments.set(name, {
          wanted: replicas,
          ready,
          restarts: isCount(restarts) ? restarts : 0,
          image: null,
          lastRolloutAt: typeof startedAt === 'string' ? startedAt : null,
          autoscaler: null,
        })
      }
    } catch {
      // No supervisor, or it is just writing: the next reading knows more.
    }
    return deployments
  }
}
