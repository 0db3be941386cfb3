import { readFileSync } from 'node:fs'
import { apply, kubectl, tag, until } from './cluster.ts'

export interface LoadCounts {
  sent: number
  answered: number
  failed: number
  booked: number
  conflicts: number
  cancelled: number
  odd: number
  open: number
  final: boolean
  failures: string[]
}

export interface Load {
  counts(): LoadCounts
  /** Waits until this many more requests were sent. */
  more(requests: number): Promise<void>
  /** Lets what is under way be answered, and ends. */
  stop(): Promise<LoadCounts>
}

const script = new URL('load/book.mjs', import.meta.url)

/** A pod in the namespace that books at a steady rate until stopped; resolves once it does. */
export async function startLoad(perSecond: number): Promise<Load> {
  apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data: { 'book.mjs': readFileSync(script, 'utf8') } })
  kubectl('delete', 'pod', 'load', '--ignore-not-found', '--now')
  apply(pod(perSecond))
  const load: Load = {
    counts: readCounts,
    async more(requests) {
      const from = readCounts().sent
      await until(() => readCounts().sent >= from + requests, { what: `${requests} more requests`, timeoutMs: 300_000 })
    },
    async stop() {
      kubectl('exec', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")')
      await until(() => readCounts().final, { what: 'the load has ended' })
      const counts = readCounts()
      kubectl('delete', 'pod', 'load', '--now')
      return counts
    },
  }
  await until(() => readCounts().booked > 0, { what: 'the first booking of the load', timeoutMs: 300_000 })
  return load
}

function readCounts(): LoadCounts {
  const empty = { sent: 0, answered: 0, failed: 0, booked: 0, conflicts: 0, cancelled: 0, odd: 0, open: 0, final: false, failures: [] }
  try {
    const line = kubectl('logs', 'load', '--tail=1').trim()
    return line === '' ? empty : (JSON.parse(line) as LoadCounts)
  } catch {
    // The container is not there yet.
    return empty
  }
}

function pod(perSecond: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'load', labels: { 'app.kubernetes.io/name': 'tests', 'app.kubernetes.io/component': 'test', 'app.kubernetes.io/part-of': 'alcove' } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'load',
          image: `alcove/gateway:${tag}`,
          args: ['/load/book.mjs'],
          env: [{ name: 'RATE', value: String(perSecond) }],
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '256Mi' } },
          volumeMounts: [{ name: 'script', mountPath: '/load', readOnly: true }],
        },
      ],
      volumes: [{ name: 'script', configMap: { name: 'load' } }],
    },
  }
}
