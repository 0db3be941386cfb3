import type { ServiceName } from '@alcove/contracts'
import { databaseServices } from './databases.ts'

/** PostgreSQL's max_connections less what migrations, tests and the superuser need. */
const CONNECTIONS = 280
/** One process: its pool, its jobs, its pool on the event log. Matches the defaults of DATABASE_POOL_MAX and of @alcove/events. */
const PER_PROCESS = 8 + 2 + 3

/** Refuses replica counts that PostgreSQL could not serve; found out later it would be refused connections under load. */
export function assertConnectionBudget(replicas: Readonly<Partial<Record<ServiceName, number>>>, connections = CONNECTIONS): void {
  const processes = Object.entries(replicas).reduce((sum, [service, count]) => sum + (databaseServices.includes(service) ? count : 0), 0)
  if (processes * PER_PROCESS > connections) {
    throw new Error(`${processes} processes with a database would open up to ${processes * PER_PROCESS} connections of ${connections}: ask for fewer replicas`)
  }
}
