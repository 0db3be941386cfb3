import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../scripts/cluster/run-command.ts'
import { judgeMetricUses } from '../system/metrics/uses.ts'
import { parseExposition } from '../system/metrics/exposition.ts'
import { getJson, install, listServicePods, namespace, removeNamespace, services, tag, until, waitJobs, waitReady } from './cluster.ts'
import { startLoad } from './load.ts'

/** A steady load, not the most that is possible. */
const bookingsPerSecond = 5
/** The metrics server averages over some 15 to 30 s. */
const settleMs = 60_000

interface Measured {
  metadata: { name: string; labels: Record<string, string>; creationTimestamp: string }
  spec: { containers: { resources: { requests: { memory: string }; limits: { memory: string } } }[] }
  status: { conditions: { type: string; lastTransitionTime: string }[] }
}
interface Use {
  cpuMilli: number
  memoryMi: number
}

beforeAll(async () => {
  removeNamespace()
  install()
  await waitReady()
  await waitJobs()
})

const nameOf = ({ metadata }: { metadata: Measured['metadata'] }) => metadata.labels['app.kubernetes.io/name']!
/** Those that stay: of services and servers, not of Jobs. */
const listPods = () =>
  getJson<{ items: Measured[] }>('pods', '--selector', 'app.kubernetes.io/part-of=alcove,app.kubernetes.io/component notin (migration,job,test)').items

/** What the metrics server says of each pod, by name. */
function readUse(): Map<string, Use> {
  interface Usage {
    metadata: { name: string }
    containers: { usage: { cpu: string; memory: string } }[]
  }
  const { items } = JSON.parse(runCommand('kubectl', ['get', '--raw', `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`])) as { items: Usage[] }
  const add = (containers: Usage['containers'], read: (usage: { cpu: string; memory: string }) => number) =>
    Math.round(containers.reduce((sum, { usage }) => sum + read(usage), 0))
  return new Map(
    items.map(({ metadata, containers }) => [
      metadata.name,
      { cpuMilli: add(containers, ({ cpu }) => toMilli(cpu)), memoryMi: add(containers, ({ memory }) => toMi(memory)) },
    ]),
  )
}

const toMilli = (cpu: string): number =>
  cpu.endsWith('n')
    ? Number.parseInt(cpu) / 1e6
    : cpu.endsWith('u')
      ? Number.parseInt(cpu) / 1e3
      : cpu.endsWith('m')
        ? Number.parseInt(cpu)
        : Number(cpu) * 1000
const mebi: Record<string, number> = { Ki: 1 / 1024, Mi: 1, Gi: 1024 }
const toMi = (memory: string): number => {
  const [, amount, unit] = /^(\d+)(Ki|Mi|Gi)?$/.exec(memory)!
  return Number(amount) * (unit ? mebi[unit]! : 1 / 1024 ** 2)
}

const toSeconds = (pod: Measured): number =>
  (Date.parse(pod.status.conditions.find(({ type }) => type === 'Ready')!.lastTransitionTime) - Date.parse(pod.metadata.creationTimestamp)) / 1000

/** Sizes by repository, as the nodes tell them. */
function readImageSizes(): Map<string, number> {
  const { items } = JSON.parse(runCommand('kubectl', ['get', 'nodes', '--output', 'json'])) as {
    items: { status: { images: { names: string[]; sizeBytes: number }[] } }[]
  }
  const images = items.flatMap(({ status }) => status.images)
  return new Map(
    services.flatMap((name) =>
      images.filter(({ names }) => names.some((full) => full.endsWith(`/${name}:${tag}`))).map(({ sizeBytes }) => [name, Math.round(sizeBytes / 1e6)] as const),
    ),
  )
}

describe('what runs', () => {
  it('needs at rest what it requests and under load less than its limit', async () => {
    const pods = listPods()
    const ready = new Map(pods.map((pod) => [pod.metadata.name, toSeconds(pod)]))
    await sleep(settleMs)
    const rest = await until(() => (readUse().size >= pods.length ? readUse() : undefined), { what: 'the metrics server knows every pod' })
    const load = await startLoad(bookingsPerSecond)
    await sleep(settleMs)
    const busy = readUse()
    const { sent, booked, failed, failures } = await load.stop()
    const sizes = readImageSizes()
    const rows = pods.map((pod) => {
      const [atRest, underLoad] = [rest.get(pod.metadata.name)!, busy.get(pod.metadata.name)!]
      return `| ${nameOf(pod)} | ${ready.get(pod.metadata.name)} | ${atRest.memoryMi} | ${underLoad.memoryMi} | ${atRest.cpuMilli} | ${underLoad.cpuMilli} | ${sizes.get(nameOf(pod)) ?? ''} |`
    })
    console.log(
      [
        '| Pod | s to ready | MiB at rest | MiB under load | CPU m at rest | CPU m under load | image MB |',
        '| --- | --: | --: | --: | --: | --: | --: |',
        ...rows,
        `${sent} requests and ${booked} bookings meanwhile`,
      ].join('\n'),
    )
    expect({ failed, failures }).toEqual({ failed: 0, failures: [] })
    for (const pod of pods) {
      const { requests, limits } = pod.spec.containers[0]!.resources
      expect(rest.get(pod.metadata.name)!.memoryMi, `${pod.metadata.name} at rest`).toBeLessThanOrEqual(toMi(requests.memory))
      expect(busy.get(pod.metadata.name)!.memoryMi, `${pod.metadata.name} under load`).toBeLessThan(toMi(limits.memory) * 0.8)
    }
  })

  it('exposes every metric and label that a dashboard or an alert rule reads', () => {
    const exposed = listServicePods().map(({ metadata }) =>
      parseExposition(runCommand('kubectl', ['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${metadata.name}:9090/proxy/metrics`])),
    )
    expect(exposed.length).toBe(services.length)
    const { unknown, unlabelled } = judgeMetricUses(exposed)
    expect({ unknown, unlabelled }).toEqual({ unknown: [], unlabelled: [] })
  })
})
