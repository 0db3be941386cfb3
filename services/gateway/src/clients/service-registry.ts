import type { ServiceClient } from '@alcove/client'
import { getServiceStatus, type ServiceName } from '@alcove/contracts'
import { getNode, listNeeded } from '@alcove/graph'
import { serviceUrl, type Logger, type Registry as Metrics } from '@alcove/kit'
import { Gauge } from 'prom-client'
import { createRegistry, type Registry } from '../domain/registry.ts'
import { guardClient } from './guarded-client.ts'
import { createRegistryProbe, type RegistryProbe } from './registry-probe.ts'

export interface ServiceRegistryDeps {
  /** For probes; requests take the guarded one. */
  client: ServiceClient
  config: Parameters<typeof serviceUrl>[0] & { REGISTRY_PROBE_INTERVAL_MS: number }
  log: Logger
  metrics: Metrics
}

const probeTimeoutMs = 3000

/** The registry of the services that the gateway calls, kept up to date by probes and by what requests meet. */
export function createServiceRegistry({ client, config, log, metrics }: ServiceRegistryDeps): {
  registry: Registry
  probe: RegistryProbe
  guarded: ServiceClient
} {
  const names = getNode('gateway').calls as ServiceName[]
  const needed = listNeeded('booking')
  const statusOf = new Map(names.map((name) => [name, getServiceStatus(name)]))
  const ejected = new Gauge({
    name: 'alcove_gateway_service_ejected',
    help: '1 while requests for that service are refused at once',
    labelNames: ['callee'],
    registers: [metrics],
  })
  for (const callee of names) ejected.set({ callee }, 0)
  const registry = createRegistry({
    services: names.map((name) => ({ name, address: serviceUrl(config, name), critical: needed.includes(name) })),
    probe: async (name) => (await client.call(statusOf.get(name)!, {}, { timeoutMs: probeTimeoutMs })).body,
    ping: (name, timeoutMs) => client.ping(name, timeoutMs),
    breakerOf: (name) => client.breakers().find(({ callee }) => callee === name)!.state,
    now: () => new Date(),
    onEjected: (callee, isEjected) => {
      ejected.set({ callee }, isEjected ? 1 : 0)
      log.warn({ callee, ejected: isEjected }, isEjected ? 'a service is silent: requests for it are refused at once' : 'an ejected service is back')
    },
  })
  const probe = createRegistryProbe(registry, config.REGISTRY_PROBE_INTERVAL_MS)
  return { registry, probe, guarded: guardClient(client, registry, (name) => probe.suspect(name)) }
}
