import type { RegisteredService, ServiceName, ServiceStatus } from '@alcove/contracts'

/** Probes in a row that must stay without any answer before a service is ejected: one lost packet is no outage. */
const silentMax = 3
/** How long a request for an ejected service waits for the knock at its door. A dead process refuses within a millisecond. */
const knockTimeoutMs = 250

export interface RegistryDeps {
  services: readonly { name: ServiceName; address: string; critical: boolean }[]
  /** Asks for the service's own report. */
  probe(name: ServiceName): Promise<ServiceStatus>
  /** Rejects when the service answers nothing at all in that time. */
  ping(name: ServiceName, timeoutMs: number): Promise<void>
  breakerOf(name: ServiceName): RegisteredService['breaker']
  now(): Date
  /** Called when a service is ejected, and when it returns. */
  onEjected(name: ServiceName, ejected: boolean): void
}

interface Entry {
  name: ServiceName
  address: string
  critical: boolean
  health: RegisteredService['health']
  status: ServiceStatus | undefined
  healthySince: Date | null
  lastProbeAt: Date | null
  /** Probes without an answer since the last sign of life. */
  silent: number
  ejected: boolean
  probing: Promise<void> | undefined
  knocking: Promise<boolean> | undefined
}

export type ListedService = RegisteredService & { checks: ServiceStatus['checks'] }

export interface Registry {
  readonly names: readonly ServiceName[]
  /** One probe of one service; a second call while it runs joins it. */
  probe(name: ServiceName): Promise<void>
  /** Whether its last probe brought no answer. */
  isSilent(name: ServiceName): boolean
  /** A real request was answered: whatever the probes say, it is there. */
  noteAnswer(name: ServiceName): void
  /**
   * Whether a request may go to a service: false while it is ejected. Then it is knocked at, once for all who ask meanwhile, so that nobody is refused for
   * longer than the service is really away.
   */
  admits(name: ServiceName): boolean | Promise<boolean>
  list(): ListedService[]
}

const toInstant = (date: Date | null) => (date === null ? null : `${date.toISOString().slice(0, 19)}Z`)

/** What the gateway knows of the services it calls: from asking each for its status again and again, and from what they really answer. */
export function createRegistry(deps: RegistryDeps): Registry {
  const entries = new Map<ServiceName, Entry>(deps.services.map((service) => [service.name, createEntry(service)]))
  const get = (name: ServiceName): Entry => entries.get(name)!

  function live(entry: Entry): void {
    entry.silent = 0
    if (entry.ejected) deps.onEjected(entry.name, (entry.ejected = false))
  }

  async function ask(entry: Entry): Promise<void> {
    try {
      entry.status = await deps.probe(entry.name)
      entry.health = entry.status.health
      live(entry)
    } catch {
      entry.status = undefined
      await listen(entry)
    }
    entry.lastProbeAt = deps.now()
    if (entry.health === 'ok') entry.healthySince ??= entry.lastProbeAt
    else entry.healthySince = null
  }

  /** A service too busy to report may still do its work: only silence counts. */
  async function listen(entry: Entry): Promise<void> {
    try {
      await deps.ping(entry.name, pingTimeoutMs)
      entry.health = 'degraded'
      live(entry)
    } catch {
      entry.health = 'down'
      entry.silent += 1
      if (entry.silent >= silentMax && !entry.ejected) deps.onEjected(entry.name, (entry.ejected = true))
    }
  }

  async function knock(entry: Entry): Promise<boolean> {
    try {
      await deps.ping(entry.name, knockTimeoutMs)
      live(entry)
      return true
    } catch {
      return false
    }
  }

  return {
    names: [...entries.keys()],
    probe(name) {
      const entry = get(name)
      entry.probing ??= ask(entry).finally(() => (entry.probing = undefined))
      return entry.probing
    },
    isSilent: (name) => get(name).silent > 0,
    noteAnswer: (name) => live(get(name)),
    admits(name) {
      const entry = get(name)
      if (!entry.ejected) return true
      entry.knocking ??= knock(entry).finally(() => (entry.knocking = undefined))
      return entry.knocking
    },
    list: () => [...entries.values()].map((entry) => present(entry, deps.breakerOf(entry.name))),
  }
}

const pingTimeoutMs = 3000

function createEntry(service: RegistryDeps['services'][number]): Entry {
  const unknown = { status: undefined, healthySince: null, lastProbeAt: null, probing: undefined, knocking: undefined }
  return { ...service, ...unknown, health: 'down', silent: 0, ejected: false }
}

function present(entry: Entry, breaker: RegisteredService['breaker']): ListedService {
  const { name, address, critical, health, ejected, status } = entry
  return {
    name,
    address,
    critical,
    health,
    version: status?.version ?? null,
    healthySince: toInstant(entry.healthySince),
    lastProbeAt: toInstant(entry.lastProbeAt),
    ejected,
    breaker,
    checks: status?.checks ?? {},
  }
}
