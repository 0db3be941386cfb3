import Type, { type Static } from 'typebox'
import { defineOperation } from './operation.ts'
import { InstantSchema, nullable } from './primitives.ts'
import { AnalyticsOverviewSchema } from './reporting.ts'
import { serviceNames } from './services.ts'

export * from './admin/dead-letters.ts'

/** What scales a service by itself. `active`: it has the figures it goes by; `limited`: it would go beyond its bounds. */
const AutoscalerSchema = Type.Object({
  replicasMin: Type.Integer(),
  replicasMax: Type.Integer(),
  replicasDesired: Type.Integer(),
  active: Type.Boolean(),
  limited: Type.Boolean(),
})

/**
 * One service as operators see it. `health` is `down` and its own figures are null when it does not answer. What runs it (the cluster, locally the
 * process supervisor) says the rest, null where nobody does: replicas wanted, ready and restarted, the image, and since when the present version rolls.
 */
export const ServiceOverviewSchema = Type.Object({
  name: Type.Enum([...serviceNames]),
  version: nullable(Type.String()),
  health: Type.Enum(['ok', 'degraded', 'down']),
  breakers: Type.Array(Type.Object({ callee: Type.String(), state: Type.Enum(['closed', 'open', 'half-open']) })),
  consumerLag: nullable(Type.Integer()),
  outboxAgeSeconds: nullable(Type.Number()),
  deadLetters: nullable(Type.Integer()),
  replicas: nullable(Type.Integer()),
  replicasReady: nullable(Type.Integer()),
  restarts: nullable(Type.Integer()),
  image: nullable(Type.String()),
  lastRolloutAt: nullable(InstantSchema),
  autoscaler: nullable(AutoscalerSchema),
})
export type ServiceOverview = Static<typeof ServiceOverviewSchema>

export const listServices = defineOperation({
  id: 'list-services',
  service: 'admin',
  method: 'GET',
  path: '/v1/admin/services',
  summary: 'Every service: health, breakers, lag, dead letters, replicas',
  access: 'operator',
  responses: { 200: Type.Object({ items: Type.Array(ServiceOverviewSchema), nextCursor: Type.Null() }) },
})

/** reporting's overview with the dead letters of all services. */
export const getAdminOverview = defineOperation({
  id: 'get-admin-overview',
  service: 'admin',
  method: 'GET',
  path: '/v1/admin/overview',
  summary: 'Today at a glance',
  access: 'operator',
  responses: { 200: AnalyticsOverviewSchema },
})
