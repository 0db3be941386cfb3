import type { V1Deployment, V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import type { Deployment } from '../domain/describe-services.ts'

const nameLabel = 'app.kubernetes.io/name'

export interface ClusterObjects {
  deployments: readonly V1Deployment[]
  pods: readonly V1Pod[]
  autoscalers: readonly V2HorizontalPodAutoscaler[]
}

/** What the objects of a namespace say of each Deployment, by its name, which is the service's. */
export function describeDeployments({ deployments, pods, autoscalers }: ClusterObjects): Map<string, Deployment> {
  return new Map(
    deployments.flatMap((deployment) => {
      const name = deployment.metadata?.name
      if (name === undefined) return []
      const own = pods.filter((pod) => pod.metadata?.labels?.[nameLabel] === name && isOwned(pod))
      const described: Deployment = {
        wanted: deployment.spec?.replicas ?? 1,
        ready: deployment.status?.readyReplicas ?? 0,
        restarts: sum(own.flatMap((pod) => pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
        image: readImage(deployment, name),
        lastRolloutAt: readLastRollout(deployment),
        autoscaler: describeAutoscaler(autoscalers.find(({ spec }) => spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name)),
      }
      return [[name, described]]
    }),
  )
}

/** A pod of a Deployment's: one of a Job bears the service's name, too. */
const isOwned = (pod: V1Pod): boolean => pod.metadata?.ownerReferences?.some(({ kind }) => kind === 'ReplicaSet') === true

function readImage(deployment: V1Deployment, name: string): string | null {
  const containers = deployment.spec?.template.spec?.containers ?? []
  return (containers.find((container) => container.name === name) ?? containers[0])?.image ?? null
}

/** When the present pods' template last made progress: the controller leaves the condition alone once a rollout is complete. */
function readLastRollout({ status, metadata }: V1Deployment): string | null {
  const at = status?.conditions?.find(({ type }) => type === 'Progressing')?.lastUpdateTime ?? metadata?.creationTimestamp
  return at === undefined ? null : `${new Date(at).toISOString().slice(0, 19)}Z`
}

function describeAutoscaler(autoscaler: V2HorizontalPodAutoscaler | undefined): Deployment['autoscaler'] {
  if (!autoscaler?.spec) return null
  const holds = (type: string) => autoscaler.status?.conditions?.find((condition) => condition.type === type)?.status === 'True'
  return {
    replicasMin: autoscaler.spec.minReplicas ?? 1,
    replicasMax: autoscaler.spec.maxReplicas,
    replicasDesired: autoscaler.status?.desiredReplicas ?? 0,
    active: holds('ScalingActive'),
    limited: holds('ScalingLimited'),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
