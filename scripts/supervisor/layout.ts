import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@alcove/contracts'
import { graph } from '@alcove/graph'

export const root = fileURLToPath(new URL('../..', import.meta.url))
/** The Node that the repository pins; the one that started this process may be older and unable to run TypeScript. */
export const nodeBinary = join(root, 'node_modules/.bin/node')
export const listenHost = '127.0.0.1'

export const allServices = graph.map((node) => node.name as ServiceName)
export const getNodePort = (service: ServiceName): number => graph.find((node) => node.name === service)!.port
const OPS_OFFSET = 6000
const POSTGRES_PORT = 5400
const KAFKA_PORTS = [9092, 9093, 9094]

/** Files of one stack. Everything but PostgreSQL's own directory, when root may not hold it here, is below `dir`. */
export interface Layout {
  readonly dir: string
  readonly dataDir: string
  readonly kafkaDir: string
  readonly logFile: (service: string) => string
  readonly tokenDir: (service: ServiceName) => string
  readonly clockFile: string
  readonly serviceJwksFile: string
  /** Replicas by service, for the operator's overview: admin reads it. */
  readonly servicesFile: string
  readonly compileCacheDir: string
}

export function createLayout(dir: string): Layout {
  const base = resolve(dir)
  for (const part of ['logs', 'tokens']) mkdirSync(join(base, part), { recursive: true })
  return {
    dir: base,
    dataDir: join(base, 'postgres'),
    kafkaDir: join(base, 'kafka'),
    logFile: (service) => join(base, 'logs', `${service}.log`),
    tokenDir: (service) => join(base, 'tokens', service),
    clockFile: join(base, 'clock.json'),
    serviceJwksFile: join(base, 'service-jwks.json'),
    servicesFile: join(base, 'services.json'),
    // Shared by all stacks of a checkout: entries are keyed by content.
    compileCacheDir: join(root, 'node_modules/.cache/alcove-compile'),
  }
}

/** For a stack that goes with its data. Passable for others: started by root, its PostgreSQL runs as somebody else. */
export function makeTemporaryDir(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(dir, 0o711)
  return dir
}

export interface PortPair {
  readonly port: number
  readonly opsPort: number
}

/** Which ports a stack uses: the local profile's moved by an offset, or any free ones. */
export interface PortPlan {
  readonly postgres: number
  /** Of the one broker: for clients, other brokers and controllers. */
  readonly kafka: readonly number[]
  /** Where a service is reached; its one replica listens there itself. */
  service(name: ServiceName): PortPair
  /** Where one of several replicas listens behind the balancer; counts from 1. */
  replica(name: ServiceName, replica: number): PortPair
}

/** The local profile: services as the graph says, operations 6000 above, replicas 100, 200, … above. */
export function planFixedPorts(portBase: number): PortPlan {
  const at = (port: number): PortPair => ({ port: port + portBase, opsPort: port + portBase + OPS_OFFSET })
  return {
    postgres: POSTGRES_PORT + portBase,
    kafka: KAFKA_PORTS.map((port) => port + portBase),
    service: (name) => at(getNodePort(name)),
    replica: (name, replica) => at(getNodePort(name) + 100 * replica),
  }
}

/** Any free ports, given out in the order asked for and remembered. */
export function planFreePorts(free: readonly number[]): PortPlan {
  const left = [...free]
  const given = new Map<string, PortPair>()
  const take = () => {
    const port = left.shift()
    if (port === undefined) throw new Error('this stack has used all the ports found for it')
    return port
  }
  const pair = (key: string) => {
    const known = given.get(key) ?? { port: take(), opsPort: take() }
    given.set(key, known)
    return known
  }
  return { postgres: take(), kafka: [take(), take(), take()], service: pair, replica: (name, replica) => pair(`${name}.${replica}`) }
}
