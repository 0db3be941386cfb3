import { spawnSync } from 'node:child_process'
import { graph } from '@alcove/graph'
import { beforeAll, describe, expect, it } from 'vitest'
import { apply, getJson, install, isReady, kubectl, listServicePods, namespace, services, tag, until, waitReady } from './cluster.ts'

beforeAll(async () => {
  install(['--set', 'booking.replicas=3'])
  await waitReady()
})

const podsOf = (service: string) => listServicePods().filter(({ metadata }) => metadata.labels['app.kubernetes.io/name'] === service)

/** What the API server says to a wish: its output, or its refusal. */
function ask(args: readonly string[], manifest: object): string {
  const { stdout, stderr } = spawnSync('kubectl', ['--namespace', namespace, ...args], { input: JSON.stringify(manifest), encoding: 'utf8' })
  return `${stdout}${stderr}`
}

const evict = (name: string) =>
  ask(['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, '-f', '-'], {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
  })

describe('an eviction', () => {
  it('takes one pod of a service, and the next only when another is ready in its place', async () => {
    const [first, second] = podsOf('booking').map(({ metadata }) => metadata.name)
    expect(evict(first!)).toContain('"status":"Success"')
    expect(evict(second!)).toMatch(/violate the pod's disruption budget/)
    await until(() => podsOf('booking').filter(isReady).length === 3, { what: 'the third pod is ready again' })
    await until(() => evict(second!).includes('"status":"Success"'), { what: 'the second pod may go' })
  })
})

interface Spec {
  metadata: { name: string; labels: Record<string, string> }
  spec: {
    automountServiceAccountToken?: boolean
    volumes?: { projected?: { sources: { serviceAccountToken?: { audience?: string } }[] } }[]
  }
}

const listTokens = ({ spec }: Spec) =>
  (spec.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken: token }) => (token ? [token.audience ?? 'API server'] : [])),
  )

const looseContainer = { name: 'probe', image: `alcove/gateway:${tag}`, args: ['-e', 'setInterval(() => {}, 1e6)'] }
const securedContainer = {
  ...looseContainer,
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
}
const restricted = { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } }

describe('the namespace', () => {
  it('refuses a pod that wants more rights than Alcove’s', () => {
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'greedy' }, spec: { containers: [looseContainer] } }
    expect(ask(['apply', '-f', '-'], manifest)).toMatch(/violates PodSecurity "restricted/)
  })

  it('has no pod with a token that the graph does not give it', () => {
    const { items } = getJson<{ items: Spec[] }>('pods', '--selector', 'app.kubernetes.io/part-of=alcove')
    const running = items.filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] !== 'test')
    expect(running.length).toBeGreaterThan(services.length)
    for (const pod of running) {
      const node = graph.find(({ name }) => name === pod.metadata.labels['app.kubernetes.io/name'])
      const isService = pod.metadata.labels['app.kubernetes.io/component'] === 'service'
      const given = isService && node ? [...node.calls, ...(node.apiServer ? ['API server'] : [])] : []
      expect({ pod: pod.metadata.name, automount: pod.spec.automountServiceAccountToken, tokens: listTokens(pod).toSorted() }).toEqual({
        pod: pod.metadata.name,
        automount: false,
        tokens: given.toSorted(),
      })
    }
  })

  it.each(graph.map(({ name, calls, apiServer }) => ({ name, files: [...calls, ...(apiServer ? ['token'] : [])] })))(
    'shows $name the files of these tokens and no other',
    ({ name, files }) => {
      const script = `const fs = require('fs'); const found = fs.existsSync('/var/run/secrets') ? fs.readdirSync('/var/run/secrets', { recursive: true, withFileTypes: true }) : [];
        console.log(JSON.stringify(found.filter((e) => !e.name.startsWith('..') && !e.parentPath.includes('/..') && !e.isDirectory()).map((e) => e.name)))`
      const seen = JSON.parse(kubectl('exec', `deployment/${name}`, '--', 'node', '-e', script)) as string[]
      expect(seen.filter((file) => file !== 'ca.crt' && file !== 'namespace').toSorted()).toEqual(files.toSorted())
    },
  )
})

describe('a pod outside the graph', () => {
  it('reaches nothing but the edge, which is open to everybody', async () => {
    kubectl('delete', 'pod', 'stranger', '--ignore-not-found', '--now')
    apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stranger' },
      spec: { automountServiceAccountToken: false, securityContext: restricted, containers: [securedContainer] },
    })
    await until(() => isReady(getJson('pod', 'stranger')), { what: 'the stranger runs' })
    const targets = [...services.flatMap((name) => [`${name}:80`, `${name}:9090`]), 'postgresql:5432', 'kafka:9092']
    const script = `const net = require('net'); const reach = (to) => new Promise((resolve) => { const [host, port] = to.split(':');
      const socket = net.connect({ host, port, timeout: 5000 }); const end = (how) => { socket.destroy(); resolve([to, how]) };
      socket.on('connect', () => end('connected')).on('timeout', () => end('no answer')).on('error', (error) => end(error.code)) });
      Promise.all(${JSON.stringify(targets)}.map(reach)).then((all) => console.log(JSON.stringify(all)))`
    const reached = JSON.parse(kubectl('exec', 'stranger', '--', 'node', '-e', script)) as [string, string][]
    kubectl('delete', 'pod', 'stranger', '--now')
    expect(reached.length).toBe(targets.length)
    // Names are found and the edge answers: the rest is silent because of policies and not for want of a network.
    expect(reached.filter(([, how]) => how === 'connected').map(([to]) => to)).toEqual(['gateway:80'])
    expect(reached.filter(([, how]) => how === 'ENOTFOUND' || how === 'EAI_AGAIN')).toEqual([])
  })
})
