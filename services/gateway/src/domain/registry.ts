import type { RegisteredService, ServiceName, ServiceStatus } from '@alcove/contracts'

/** Probes in a row that must fail before a service is ejected. */
const failuresMax = 3

export interface RegistryDeps {
  services: readonly { name: ServiceName; address: string }[]
  probe(name: ServiceName): Promise<ServiceStatus>
  breakerOf(name: ServiceName): RegisteredService['breaker']
  now(): Date
}

interface Entry {
  name: ServiceName
  address: string
  status: ServiceStatus | undefined
  healthySince: Date | null
  lastProbeAt: Date | null
  failures: number
}

export interface Registry {
  probeAll(): Promise<void>
  list(): (RegisteredService & { checks: ServiceStatus['checks'] })[]
}

const toInstant = (date: Date | null) => (date === null ? null : `${date.toISOString().slice(0, 19)}Z`)

/** What the gateway knows of the services it calls, from asking each for its status again and again. */
export function createRegistry(deps: RegistryDeps): Registry {
  const entries: Entry[] = deps.services.map((service) => ({ ...service, status: undefined, healthySince: null, lastProbeAt: null, failures: 0 }))

  async function probe(entry: Entry): Promise<void> {
    try {
      entry.status = await deps.probe(entry.name)
      entry.failures = entry.status.health === 'ok' ? 0 : entry.failures + 1
    } catch {
      entry.status = undefined
      entry.failures += 1
    }
    entry.lastProbeAt = deps.now()
    if (entry.failures > 0) entry.healthySince = null
    else entry.healthySince ??= entry.lastProbeAt
  }

  return {
    async probeAll() {
      await Promise.all(entries.map(probe))
    },
    list: () =>
      entries.map((entry) => ({
        name: entry.name,
        address: entry.address,
        health: entry.status?.health ?? 'down',
        version: entry.status?.version ?? null,
        healthySince: toInstant(entry.healthySince),
        lastProbeAt: toInstant(entry.lastProbeAt),
        ejected: entry.failures >= failuresMax,
        breaker: deps.breakerOf(entry.name),
        checks: entry.status?.checks ?? {},
      })),
  }
}

/** `down` when nothing answers or nobody can be recognised, `degraded` when anything is amiss. */
export function judgeHealth(services: readonly Pick<RegisteredService, 'name' | 'health'>[]): 'ok' | 'degraded' | 'down' {
  if (services.every((service) => service.health === 'down')) return 'down'
  return services.every((service) => service.health === 'ok') ? 'ok' : 'degraded'
}
