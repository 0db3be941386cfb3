import { serviceNames, type ServiceName, type ServiceOverview, type ServiceStatus } from '@alcove/contracts'

export interface ReplicaCount {
  wanted: number
  ready: number
  restarts: number
}

export interface DescribeInput {
  statuses: ReadonlyMap<ServiceName, ServiceStatus | undefined>
  replicas: ReadonlyMap<string, ReplicaCount>
}

/** Every service in the order of the graph; one that does not answer is `down` and its figures are unknown, not zero. */
export function describeServices({ statuses, replicas }: DescribeInput): ServiceOverview[] {
  return serviceNames
    .filter((name) => statuses.has(name))
    .map((name) => {
      const status = statuses.get(name)
      const counted = replicas.get(name)
      return {
        name,
        version: status?.version ?? null,
        health: status?.health ?? 'down',
        breakers: status?.breakers ?? [],
        consumerLag: status?.consumerLag ?? null,
        outboxAgeSeconds: status?.outboxAgeSeconds ?? null,
        deadLetters: status?.deadLetters ?? null,
        replicas: counted?.wanted ?? null,
        replicasReady: counted?.ready ?? null,
        restarts: counted?.restarts ?? null,
      }
    })
}

/** Dead letters of all services that answer. */
export function countDeadLetters(statuses: DescribeInput['statuses']): number {
  return [...statuses.values()].reduce((sum, status) => sum + (status?.deadLetters ?? 0), 0)
}
