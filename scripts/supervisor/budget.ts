import type { ServiceName } from '@alcove/contracts'
import { databaseServices } from './databases.ts'

/** One process at most: its pool (DATABASE_POOL_MAX 8), a second one (the sandbox provider's 4), its pool on the event log (4). */
const PER_PROCESS = 16
/** For migrations, scripts, tests that look into the tables, and whoever opens psql. */
const SPARE = 40
/** What one machine's PostgreSQL is asked for at least, so that replicas can be added while it runs, and at most. */
const CONNECTIONS_MIN = 300
const CONNECTIONS_MAX = 800

export type ReplicaCounts = Readonly<Partial<Record<ServiceName, number>>>

/** Connections that PostgreSQL must offer for these replicas; throws for counts that one machine should not be asked for. */
export function planConnections(replicas: ReplicaCounts): number {
  const needed = countProcesses(replicas) * PER_PROCESS + SPARE
  if (needed > CONNECTIONS_MAX) throw new Error(describe(replicas, CONNECTIONS_MAX))
  return Math.max(needed, CONNECTIONS_MIN)
}

/** Refuses to scale beyond what a running PostgreSQL offers; found out later, connections would be refused under load. */
export function assertConnectionsSuffice(replicas: ReplicaCounts, connections: number): void {
  if (countProcesses(replicas) * PER_PROCESS + SPARE > connections) throw new Error(describe(replicas, connections))
}

const countProcesses = (replicas: ReplicaCounts) =>
  Object.entries(replicas).reduce((sum, [service, count]) => sum + (databaseServices.includes(service) ? count : 0), 0)

const describe = (replicas: ReplicaCounts, connections: number) =>
  `${countProcesses(replicas)} processes with a database may open ${PER_PROCESS} connections each, and PostgreSQL offers ${connections}: ask for fewer replicas, or make down before make up`
