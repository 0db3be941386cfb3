import { join } from 'node:path'
import type { Lifecycle, Logger } from '@alcove/kit'
import {
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  type Informer,
  type KubernetesObject,
  type ObjectCache,
} from '@kubernetes/client-node'
import type { Deployment } from '../domain/describe-services.ts'
import { describeDeployments } from './cluster-objects.ts'

const retryMs = 2000

export interface ClusterWatchOptions {
  /** `https://kubernetes.default.svc` */
  apiUrl: string
  /** Holds `token` and `ca.crt`, read again when the kubelet renews them. */
  credentialsDir: string
  namespace: string
  log: Pick<Logger, 'warn'>
  retryMs?: number
}

type Watched<T extends KubernetesObject> = Informer<T> & ObjectCache<T>

/**
 * Keeps in memory what the cluster says of this namespace's Deployments, pods and autoscalers: one list each, then watches. Nothing is asked
 * per request; while the API server is away the last known state is shown.
 */
export function createClusterWatch(options: ClusterWatchOptions): Lifecycle & { read(): Promise<ReadonlyMap<string, Deployment>> } {
  const { namespace, log } = options
  const config = loadConfig(options)
  const [apps, core, scaling] = [config.makeApiClient(AppsV1Api), config.makeApiClient(CoreV1Api), config.makeApiClient(AutoscalingV2Api)]
  const deployments = makeInformer(config, `/apis/apps/v1/namespaces/${namespace}/deployments`, () => apps.listNamespacedDeployment({ namespace }))
  const pods = makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, () => core.listNamespacedPod({ namespace }))
  const autoscalers = makeInformer(config, `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, () =>
    scaling.listNamespacedHorizontalPodAutoscaler({ namespace }),
  )
  const watched: readonly Watched<KubernetesObject>[] = [deployments, pods, autoscalers]
  let stopped = false

  function retry(informer: Watched<KubernetesObject>, err: unknown): void {
    if (stopped) return
    log.warn({ err }, 'the cluster cannot be watched; trying again')
    setTimeout(() => void (stopped || start(informer)), options.retryMs ?? retryMs).unref()
  }
  // A list or watch that fails is told as an event, a token that cannot be read by rejecting.
  const start = (informer: Watched<KubernetesObject>) => informer.start().catch((err: unknown) => retry(informer, err))

  for (const informer of watched) informer.on('error', (err) => retry(informer, err))
  return {
    name: 'cluster watch',
    phase: 'adapter',
    // Not awaited: admin answers without the cluster, too.
    start: async () => void Promise.all(watched.map(start)),
    stop: async () => {
      stopped = true
      await Promise.all(watched.map((informer) => informer.stop()))
    },
    read: async () => describeDeployments({ deployments: deployments.list(namespace), pods: pods.list(namespace), autoscalers: autoscalers.list(namespace) }),
  }
}

function loadConfig({ apiUrl, credentialsDir }: ClusterWatchOptions): KubeConfig {
  const config = new KubeConfig()
  // Plain HTTP (a proxy beside this process, a test) has nothing to verify, and the client wants to be told so.
  const trust = apiUrl.startsWith('https:') ? { caFile: join(credentialsDir, 'ca.crt'), skipTLSVerify: false } : { skipTLSVerify: true }
  config.loadFromClusterAndUser(
    { name: 'cluster', server: apiUrl.replace(/\/+$/, ''), ...trust },
    { name: 'admin', authProvider: { name: 'tokenFile', config: { tokenFile: join(credentialsDir, 'token') } } },
  )
  return config
}
