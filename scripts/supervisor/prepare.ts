import { existsSync } from 'node:fs'
import { resolveDataDir } from '@alcove/database'
import { findFreePorts } from '@alcove/testing/free-ports'
import type { ServiceName } from '@alcove/contracts'
import { planConnections } from './budget.ts'
import { openCredentials, type Credentials } from './credentials.ts'
import { prepareDatabases } from './databases.ts'
import { allServices, listenHost, planFixedPorts, planFreePorts, type Layout, type PortPlan } from './layout.ts'
import { prepareTransport, type TransportGround } from './transport-ground.ts'
import { assertPortsFree } from './ports.ts'
import { keepPostgres, type PostgresKeeper } from './postgres-keeper.ts'
import { replaceFile } from './replace-file.ts'
import { endLeftovers } from './state-file.ts'
import type { StackOptions } from './types.ts'

/** All that services stand on. */
export interface Ground {
  readonly layout: Layout
  readonly dataDir: string
  readonly ports: PortPlan
  readonly credentials: Credentials
  readonly postgres: PostgresKeeper
  readonly databaseUrls: Record<string, string>
  readonly transport: TransportGround
  /** PostgreSQL's max_connections. */
  readonly connections: number
}

/** Ends leftovers, checks ports, starts PostgreSQL and brings every schema up to date. */
export async function prepareGround(options: StackOptions, layout: Layout, onChange: (postgres?: PostgresKeeper) => void): Promise<Ground> {
  const dataDir = await resolveDataDir(layout.dataDir)
  const ended = await endLeftovers(layout.dir, dataDir)
  if (ended > 0) options.onProgress?.(`ended ${ended} processes that an earlier run had left behind`)
  const replicas = countReplicas(options)
  const connections = planConnections(replicas)
  const ports = await planPorts(options)
  await assertPortsFree(listPorts(ports, replicas, startsBroker(options)), listenHost)
  if (!existsSync(layout.clockFile)) replaceFile(layout.clockFile, JSON.stringify({ offsetMs: 0 }))
  const credentials = await openCredentials(layout)
  options.onProgress?.('starting PostgreSQL')
  let postgres: PostgresKeeper | undefined
  let transport: TransportGround | undefined
  try {
    postgres = await keepPostgres({
      dataDir: layout.dataDir,
      port: ports.postgres,
      throwaway: options.durable === false,
      settings: { max_connections: String(connections) },
      onChange: () => onChange(postgres),
    })
    onChange(postgres)
    const databases = prepareDatabases(postgres.url, Object.keys(replicas), credentials)
    // Judged below: until then its failure must not end this process as nobody's.
    databases.catch(() => undefined)
    transport = await prepareTransport(options, layout, ports.kafka)
    const [databaseUrls] = await Promise.all([databases, credentials.writeTokens()])
    return { layout, dataDir, ports, credentials, postgres, databaseUrls, transport, connections }
  } catch (error) {
    await Promise.all([postgres?.stop(), transport?.end()])
    throw error
  }
}

const startsBroker = ({ transport, kafka }: StackOptions) => transport === 'kafka' && !kafka

export function countReplicas(options: StackOptions): Partial<Record<ServiceName, number>> {
  return Object.fromEntries((options.services ?? allServices).map((service) => [service, options.replicas?.[service] ?? 1]))
}

async function planPorts(options: StackOptions): Promise<PortPlan> {
  if (options.portBase !== undefined) return planFixedPorts(options.portBase)
  // Enough for every service with its operations port, for replicas asked for later, and for PostgreSQL.
  return planFreePorts(await findFreePorts(80))
}

function listPorts(ports: PortPlan, replicas: Partial<Record<ServiceName, number>>, withBroker: boolean): Map<number, string> {
  const used = new Map([[ports.postgres, 'PostgreSQL']])
  if (withBroker) ports.kafka.forEach((port) => used.set(port, 'Kafka'))
  const add = (pair: { port: number; opsPort: number }, name: string) => used.set(pair.port, name).set(pair.opsPort, `${name}, operations`)
  for (const [service, count] of Object.entries(replicas) as [ServiceName, number][]) {
    add(ports.service(service), service)
    for (let replica = 1; count > 1 && replica <= count; replica += 1) add(ports.replica(service, replica), `${service}.${replica}`)
  }
  return used
}
