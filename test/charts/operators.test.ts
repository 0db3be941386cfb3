import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { graph } from '@alcove/graph'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildTool, chartPath, root, run } from '../../scripts/charts/tools.ts'
import { behindProxy, find, largeValues, listPods, onlyRendered, render, valuesArgs, type Manifest } from './helm.ts'

// What whoever runs Alcove changes or relies on.
const withSet = (...values: string[]) => render('alcove', [...onlyRendered, ...values.flatMap((value) => ['--set', value])])
const servicesOf = (manifests: readonly Manifest[]) => manifests.filter(({ kind }) => kind === 'Service')
const containerOf = (manifests: readonly Manifest[], name: string) => find(manifests, 'Deployment', name).spec.template.spec.containers[0]

describe('the way in', () => {
  it.each(['LoadBalancer', 'NodePort'])('%s opens the API, and the operations port stays in the cluster', (type) => {
    const manifests = withSet(`gateway.serviceType=${type}`, 'demo.enabled=false')
    const opened = servicesOf(manifests).filter(({ spec }) => spec.type === type)
    expect(opened.map(({ metadata, spec }) => [metadata.name, spec.ports.map(({ name }: { name: string }) => name)])).toEqual([['gateway', ['http']]])
    const operations = find(manifests, 'Service', 'gateway-ops')
    expect(operations.spec).toMatchObject({ type: 'ClusterIP', ports: [{ name: 'ops', port: 9090 }] })
    // What a ServiceMonitor selects.
    expect(operations.metadata.labels).toMatchObject(find(manifests, 'Service', 'gateway').spec.selector)
  })

  it('is named at the same ports as before where nothing is opened', () => {
    expect(find(withSet(behindProxy, 'ingress.enabled=true'), 'Service', 'gateway').spec.ports.map(({ port }: { port: number }) => port)).toEqual([80, 9090])
  })

  it('of kind leaves 4000 to kubectl port-forward, skaffold and tilt', () => {
    const { nodes } = parse(readFileSync(join(root, 'k8s/kind.yaml'), 'utf8')) as { nodes: { extraPortMappings: { hostPort: number }[] }[] }
    expect(nodes.flatMap(({ extraPortMappings }) => extraPortMappings.map(({ hostPort }) => hostPort))).not.toContain(4000)
  })
})

describe('names are looked up where the cluster does it', () => {
  it.each(['booking', 'gateway', 'topics', 'demo', 'kafka'])('%s', (name) => {
    const manifests = withSet('global.networkPolicies.dns.to[0].ipBlock.cidr=169.254.20.10/32', 'global.networkPolicies.dns.ports[0]=5353')
    const { egress } = find(manifests, 'NetworkPolicy', name).spec
    expect(JSON.stringify(egress)).not.toContain('kube-dns')
    expect(egress[0]).toEqual({
      ports: [
        { port: 5353, protocol: 'UDP' },
        { port: 5353, protocol: 'TCP' },
      ],
      to: [{ ipBlock: { cidr: '169.254.20.10/32' } }],
    })
  })
})

describe('images', () => {
  it('without a registry are never pulled: their names would be somebody else’s on a public one', () => {
    const ours = listPods(withSet()).flatMap(({ spec }) =>
      [...(spec.initContainers ?? []), ...spec.containers].filter(({ image }) => image.startsWith('alcove/')),
    )
    expect(ours.length).toBeGreaterThan(20)
    for (const { image, imagePullPolicy } of ours) expect([image, imagePullPolicy]).toEqual([image, 'Never'])
  })

  it('of a registry all come from there, and are pulled as was said', () => {
    const pods = listPods(withSet('global.image.registry=registry.example.org', 'global.image.pullPolicy=Always'))
    const ours = pods.flatMap(({ spec }) => [...(spec.initContainers ?? []), ...spec.containers].filter(({ image }) => image.includes('alcove/')))
    for (const { image, imagePullPolicy } of ours) expect([image.startsWith('registry.example.org/alcove/'), imagePullPolicy]).toEqual([true, 'Always'])
  })
})

describe('what an operator adds', () => {
  it('authorities of their own are trusted by every service', () => {
    for (const kind of ['ConfigMap', 'Secret']) {
      const manifests = withSet('global.trustedCa.name=our-ca', `global.trustedCa.kind=${kind}`)
      const container = containerOf(manifests, 'notification')
      expect(container.env).toContainEqual({ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/alcove/trusted/ca.crt' })
      expect(container.volumeMounts).toContainEqual({ name: 'trusted-ca', mountPath: '/etc/alcove/trusted', readOnly: true })
      expect(JSON.stringify(find(manifests, 'Deployment', 'notification').spec.template.spec.volumes)).toContain('our-ca')
    }
  })

  it('variables and volumes reach the container', () => {
    const extra = {
      extraEnv: [{ name: 'AGENT', value: 'on' }],
      extraVolumes: [{ name: 'x', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'x', mountPath: '/x' }],
    }
    const manifests = render('alcove', [...onlyRendered, '--set-json', `workspace=${JSON.stringify(extra)}`])
    const container = containerOf(manifests, 'workspace')
    expect(container.env).toContainEqual(extra.extraEnv[0])
    expect(container.volumeMounts).toContainEqual(extra.extraVolumeMounts[0])
    expect(find(manifests, 'Deployment', 'workspace').spec.template.spec.volumes).toContainEqual(extra.extraVolumes[0])
  })
})

describe('what an operator adds, in Jobs and tests', () => {
  const made = (of: string) => ({
    extraEnv: [{ name: 'AGENT', value: of }],
    extraVolumes: [{ name: `x-${of}`, emptyDir: {} }],
    extraVolumeMounts: [{ name: `x-${of}`, mountPath: '/x' }],
  })
  const json = ['--set-json', `workspace=${JSON.stringify(made('workspace'))}`, '--set-json', `jobs=${JSON.stringify(made('jobs'))}`]
  const cas = ['--set', 'global.trustedCa.name=our-ca,global.database.caSecret=db-ca,global.kafka.caSecret=kafka-ca']
  const pods = listPods(render('alcove', [...onlyRendered, ...json, ...cas]))
  const podOf = (start: string) => pods.find(({ name }) => name.startsWith(start))!
  const volumesOf = (spec: any): string[] => spec.volumes.map(({ name }: { name: string }) => name)

  it.each([
    ['Job workspace-migrate', 'workspace', ['database-ca']],
    ['Job booking-migrate', undefined, ['database-ca']],
    ['Job topics-', 'jobs', ['kafka-ca']],
    ['Job demo-', 'jobs', ['database-ca']],
    ['Pod test-book-tests', 'jobs', []],
    ['Pod test-edges-payment', 'jobs', []],
  ])('%s', (start, of, authorities) => {
    const { spec } = podOf(start)
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      expect(container.env).toContainEqual({ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/alcove/trusted/ca.crt' })
      const mounted = container.volumeMounts.map(({ name }: { name: string }) => name)
      expect(mounted).toEqual(expect.arrayContaining(['trusted-ca', ...authorities]))
      expect(mounted.toSorted()).toEqual(volumesOf(spec).toSorted())
      const agent = container.env.find(({ name }: { name: string }) => name === 'AGENT')
      expect(agent?.value).toBe(of)
      expect(volumesOf(spec).filter((name) => name.startsWith('x-'))).toEqual(of === undefined ? [] : [`x-${of}`])
    }
  })
})

describe('labels', () => {
  it('name the release on every object, and selectors are what they were: an upgrade could not change them', () => {
    const manifests = render('alcove', onlyRendered)
    for (const { kind, metadata } of manifests)
      expect([kind, metadata.name, metadata.labels?.['app.kubernetes.io/instance']]).toEqual([kind, metadata.name, 'alcove'])
    for (const { kind, spec } of manifests)
      if (kind === 'Deployment' || kind === 'StatefulSet') expect(Object.keys(spec.selector.matchLabels)).not.toContain('app.kubernetes.io/instance')
  })
})

describe('what is asked of operators', () => {
  const large = render('alcove', [...onlyRendered, '--values', largeValues])

  it('is merged over the chart’s own, and the roles and listeners of services stay', () => {
    const { spec } = find(large, 'Cluster', 'alcove')
    expect(spec).toMatchObject({ failoverDelay: 2_592_000, walStorage: { size: '50Gi' }, storage: { size: '200Gi', storageClass: 'fast' } })
    expect(spec.postgresql.parameters).toEqual({ max_connections: '200', shared_buffers: '2GB' })
    const roles = spec.managed.roles.map(({ name }: { name: string }) => name)
    expect(roles).toEqual([...graph.filter(({ database }) => database).map(({ name }) => name), 'readonly'])
    const kafka = find(large, 'Kafka', 'alcove').spec
    expect(kafka.kafka.listeners.map(({ name }: { name: string }) => name)).toEqual(['tls', 'metrics'])
    expect(kafka.kafka.authorization).toEqual({ type: 'simple' })
    expect(kafka.kafka.config).toMatchObject({ 'auto.create.topics.enable': false, 'log.retention.check.interval.ms': 2_592_000 })
    expect(find(large, 'KafkaNodePool', 'dual').spec).toMatchObject({ replicas: 5, resources: { limits: { memory: '4Gi' } }, jvmOptions: { '-Xmx': '2g' } })
  })

  it.each([
    ['the plugin that archives the log', [], { method: 'plugin', pluginConfiguration: { name: 'barman-cloud.cloudnative-pg.io' }, immediate: true }],
    [
      'an object store',
      ['--set-json', 'cloudnativepg.plugins=[]', '--set', 'cloudnativepg.backup.barmanObjectStore.destinationPath=s3://alcove'],
      { method: 'barmanObjectStore' },
    ],
    [
      'snapshots of volumes',
      ['--set-json', 'cloudnativepg.plugins=[]', '--set', 'cloudnativepg.backup.volumeSnapshot.className=csi'],
      { method: 'volumeSnapshot' },
    ],
  ])('is backed up by %s', (_what, args, expected) => {
    const manifests = render('alcove', [...onlyRendered, '--values', largeValues, ...args])
    const { metadata, spec } = find(manifests, 'ScheduledBackup', 'alcove')
    expect(spec).toMatchObject({ schedule: '0 0 3 * * *', cluster: { name: 'alcove' }, ...expected })
    expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' })
  })

  it('is no backup unless a time was set', () => {
    expect(withSet('global.database.mode=cloudnativepg').filter(({ kind }) => kind === 'ScheduledBackup')).toEqual([])
  })
})

describe('helm uninstall', () => {
  it('leaves the operators’ database and topics', () => {
    const manifests = withSet('global.database.mode=cloudnativepg', 'global.kafka.mode=strimzi')
    const kept = manifests.filter(({ apiVersion }) => /cnpg\.io|strimzi\.io/.test(apiVersion))
    expect(new Set(kept.map(({ kind }) => kind))).toEqual(new Set(['Cluster', 'Database', 'Kafka', 'KafkaNodePool', 'KafkaTopic', 'KafkaUser']))
    for (const { kind, metadata } of kept) expect([kind, metadata.annotations]).toEqual([kind, { 'helm.sh/resource-policy': 'keep' }])
  })
})

describe('the package', () => {
  it('holds values-prod.yaml, which installs from it', () => {
    const folder = run('mktemp', ['-d']).trim()
    run(buildTool('helm'), ['package', chartPath('alcove'), '--destination', folder])
    const files = run('tar', ['--list', '--file', `${folder}/alcove-0.1.0.tgz`]).split('\n')
    expect(files).toContain('alcove/values-prod.yaml')
    expect(files).not.toContain('alcove/values-dev.yaml')
    expect(render('alcove', valuesArgs('values-prod.yaml')).length).toBeGreaterThan(40)
  })
})
