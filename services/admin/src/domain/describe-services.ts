import { serviceNames, type ServiceName, type ServiceOverview, type ServiceStatus } from '@alcove/contracts'

/** What runs a service says of it. */
export interface Deployment {
  wanted: number
  ready: number
  restarts: number
  /** Null where services are plain processes. */
  image: string | null
  /** RFC 3339, whole seconds. */
  lastRolloutAt: string | null
  autoscaler: ServiceOverview['autoscaler']
}

export interface DescribeInput {
  statuses: ReadonlyMap<ServiceName, ServiceStatus | undefined>
  deployments: ReadonlyMap<string, Deployment>
}

/** Every service in the order of the graph; one that does not answer is `down` and its figures are unknown, not zero. */
export function describeServices({ statuses, deployments }: DescribeInput): ServiceOverview[] {
  return serviceNames
    .filter((name) => statuses.has(name))
    .map((name) => {
      const status = statuses.get(name)
      const deployment = deployments.get(name)
      return {
        name,
        version: status?.version ?? null,
        health: status?.health ?? 'down',
        breakers: status?.breakers ?? [],
        consumerLag: status?.consumerLag ?? null,
        outboxAgeSeconds: status?.outboxAgeSeconds ?? null,
        deadLetters: status?.deadLetters ?? null,
        replicas: deployment?.wanted ?? null,
        replicasReady: deployment?.ready ?? null,
        restarts: deployment?.restarts ?? null,
        image: deployment?.image ?? null,
        lastRolloutAt: deployment?.lastRolloutAt ?? null,
        autoscaler: deployment?.autoscaler ?? null,
      }
    })
}

/** Dead letters of all services that answer. */
export function countDeadLetters(statuses: DescribeInput['statuses']): number {
  return [...statuses.values()].reduce((sum, status) => sum + (status?.deadLetters ?? 0), 0)
}
