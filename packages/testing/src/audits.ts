import { operationAudits, operations, type Audit, type AuditAction, type ServiceName } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'

/** Operations of a service that leave something in the audit log when done on somebody else's thing, each with what it may leave. */
export function listAudited(service: ServiceName): [id: string, actions: readonly AuditAction[]][] {
  return operations
    .filter((operation) => operation.service === service)
    .flatMap(({ id }): [string, readonly AuditAction[]][] => {
      const answer = operationAudits[id]
      return answer === undefined || typeof answer === 'string' ? [] : [[id, answer]]
    })
}

/** What stands in a service's outbox for the audit log, oldest first, with the source that the service keeps. */
export async function readAudits(db: Queryable, requestId?: string): Promise<(Audit & { address: string | null })[]> {
  const { rows } = await db.query<{ data: Audit; address: string | null }>(
    `SELECT o.data, s.address FROM outbox o LEFT JOIN audit_source s ON s.event_id = o.id
     WHERE o.type = 'audit.recorded.v1' AND ($1::text IS NULL OR o.data->>'requestId' = $1) ORDER BY o.seq`,
    [requestId ?? null],
  )
  return rows.map(({ data, address }) => ({ ...data, address }))
}
