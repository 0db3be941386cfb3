import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { serviceNames, type ServiceName } from '../services.ts'

/** A service's own report of itself, served by the kit in every service. */
export const ServiceStatusSchema = Type.Object({
  name: Type.Enum([...serviceNames]),
  version: Type.String(),
  health: Type.Enum(['ok', 'degraded', 'down']),
  checks: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) })),
  breakers: Type.Array(Type.Object({ callee: Type.String(), state: Type.Enum(['closed', 'open', 'half-open']) })),
  consumerLag: Type.Integer(),
  outboxAgeSeconds: Type.Number(),
  deadLetters: Type.Integer(),
})
export type ServiceStatus = Static<typeof ServiceStatusSchema>

/** `GET /internal/status` of the named service; its callers are gateway and admin. */
export function getServiceStatus(service: ServiceName) {
  return defineOperation({
    id: `get-${service}-status`,
    service,
    method: 'GET',
    path: '/internal/status',
    summary: 'The state of this service',
    access: 'service',
    responses: { 200: ServiceStatusSchema },
  })
}
