import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { graph } from '@alcove/graph'
import { findFreePort } from '@alcove/testing/free-ports'
import { buildTool, chartPath } from '../../scripts/charts/tools.ts'
import { runCommand } from '../../scripts/cluster/run-command.ts'

export const namespace = 'alcove-test'
export const services = graph.map(({ name }) => name)
/** The tag of what is tested. */
export const tag = process.env.CLUSTER_TAG ?? 'test'
/** Exact limits are the business of other tests; a booking storm comes from few addresses. */
const testValues = ['--set', `global.image.tag=${tag}`, '--set-string', 'gateway.env.RATE_LIMITS=off']

interface ContainerStatus {
  name: string
  restartCount: number
}

interface Pod {
  metadata: { name: string; labels: Record<string, string>; deletionTimestamp?: string; creationTimestamp: string }
  status: {
    phase: string
    conditions?: { type: string; status: string; lastTransitionTime: string }[]
    initContainerStatuses?: ContainerStatus[]
    containerStatuses?: ContainerStatus[]
  }
}

export const kubectl = (...args: string[]): string => runCommand('kubectl', ['--namespace', namespace, ...args])
export const apply = (manifest: object): string => runCommand('kubectl', ['--namespace', namespace, 'apply', '-f', '-'], JSON.stringify(manifest))
export const getJson = <T>(...args: string[]): T => JSON.parse(kubectl('get', ...args, '--output', 'json')) as T

/** Installs or upgrades and does not wait; answers what Helm said, or throws it. */
export function install(args: readonly string[] = [], chart = chartPath('alcove')): string {
  makeNamespace()
  return runCommand(buildTool('helm'), ['upgrade', '--install', 'alcove', chart, '--namespace', namespace, ...testValues, ...args])
}

/** What Helm says to values that it refuses at install. */
export function refuse(args: readonly string[]): string {
  const all = ['upgrade', '--install', 'alcove', chartPath('alcove'), '--namespace', namespace, ...testValues, ...args]
  const { status, stderr } = spawnSync(buildTool('helm'), all, { encoding: 'utf8' })
  if (status === 0) throw new Error('Helm accepted these values')
  return stderr
}

export const helm = (...args: string[]): string => runCommand(buildTool('helm'), ['--namespace', namespace, ...args])

/** Asks once a second until the answer is truthy, and gives it; what is thrown counts as "not yet". */
export async function until<T>(condition: () => T | Promise<T>, { what, timeoutMs = 180_000 }: { what: string; timeoutMs?: number }): Promise<NonNullable<T>> {
  const limit = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < limit) {
    try {
      const value = await condition()
      if (value) return value
    } catch (error) {
      cause = error
    }
    await sleep(1000)
  }
  throw new Error(`waited in vain: ${what}\n${describePods()}`, { cause })
}

/** What a person would look at first when something is not ready. */
function describePods(): string {
  const { stdout } = spawnSync('kubectl', ['--namespace', namespace, 'get', 'pods,jobs', '--output', 'wide'], { encoding: 'utf8' })
  return stdout
}

/** Pods of the services, without those that are on their way out. */
export function listServicePods(): Pod[] {
  const { items } = getJson<{ items: Pod[] }>('pods', '--selector', 'app.kubernetes.io/part-of=alcove,app.kubernetes.io/component=service')
  return items.filter((pod) => !pod.metadata.deletionTimestamp)
}

/** Containers of Alcove that were started more than once, those of Jobs and of its servers too. */
export function listRestarts(): string[] {
  const { items } = getJson<{ items: Pod[] }>('pods', '--selector', 'app.kubernetes.io/part-of=alcove')
  return items.flatMap(({ metadata, status }) =>
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
      .filter(({ restartCount }) => restartCount > 0)
      .map(({ name, restartCount }) => `${metadata.name}: ${name} ${restartCount} times`),
  )
}

export const isReady = (pod: Pod): boolean => pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true

/** Waits until every Deployment has only ready pods of its newest template. */
export async function waitReady(timeoutMs = 300_000): Promise<void> {
  interface Deployment {
    metadata: { name: string; generation: number }
    spec: { replicas: number }
    status: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; readyReplicas?: number }
  }
  await until(
    () => {
      const { items } = getJson<{ items: Deployment[] }>('deployments')
      const late = items.filter(({ metadata, spec, status }) => {
        const counts = [status.replicas, status.updatedReplicas, status.readyReplicas]
        return status.observedGeneration !== metadata.generation || counts.some((count) => count !== spec.replicas)
      })
      return items.length === services.length && late.length === 0
    },
    { what: 'all deployments are ready', timeoutMs },
  )
}

/** Waits until every Job has done its work: migrations, topics, demo data. */
export async function waitJobs(): Promise<void> {
  const isDone = () => getJson<{ items: { status: { succeeded?: number } }[] }>('jobs').items.every(({ status }) => status.succeeded === 1)
  await until(isDone, { what: 'all jobs have ended', timeoutMs: 600_000 })
}

/** A port on this machine that leads to one of the cluster, until closed. */
export async function forward(target: string, port: number): Promise<{ port: number; close(): void }> {
  const local = await findFreePort()
  const child = spawn('kubectl', ['--namespace', namespace, 'port-forward', target, `${local}:${port}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error(`port-forward ended: ${said}`)
    }),
  ])
  return { port: local, close: () => void child.kill() }
}

/** As {@link forward}, to another pod each time the one at the other end is gone; meanwhile connections are refused. */
export async function keepForwarding(target: string, port: number): Promise<{ port: number; close(): void }> {
  const local = await findFreePort()
  const closing = new AbortController()
  const run = async () => {
    while (!closing.signal.aborted) {
      const child = spawn('kubectl', ['--namespace', namespace, 'port-forward', target, `${local}:${port}`], { stdio: 'ignore' })
      const end = () => void child.kill()
      closing.signal.addEventListener('abort', end)
      await once(child, 'exit')
      closing.signal.removeEventListener('abort', end)
      await sleep(200)
    }
  }
  void run()
  return { port: local, close: () => closing.abort() }
}

/** A namespace that enforces the restricted Pod Security Standard; one that is there already stays as it is. */
function makeNamespace(): void {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' }
  runCommand('kubectl', ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }))
}

/** Ends everything in the namespace, the data too. */
export const removeNamespace = (): string => runCommand('kubectl', ['delete', 'namespace', namespace, '--ignore-not-found', '--wait', '--timeout=300s'])
