import Type from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, IdSchema, personal } from '../primitives.ts'
import type { ServiceName } from '../services.ts'

/** Services at whose doors people act: each keeps for some days where the requests behind its audit entries came from. */
export const auditingServices = ['auth', 'user', 'workspace', 'booking', 'payment'] as const satisfies readonly ServiceName[]
export type AuditingService = (typeof auditingServices)[number]

/** Network addresses behind audit entries, by the entries' ids; those that are not known, or no more, are left out. Only reporting may ask. */
export function listAuditSources(service: AuditingService) {
  return defineOperation({
    id: `list-${service}-audit-sources`,
    service,
    method: 'POST',
    path: '/internal/audit-sources',
    summary: 'Where audited requests came from',
    access: 'service',
    body: closed({ ids: Type.Array(IdSchema, { maxItems: 200 }) }),
    responses: { 200: Type.Object({ items: Type.Array(Type.Object({ id: IdSchema, address: personal(Type.String()) })) }) },
  })
}
