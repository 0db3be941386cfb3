import { graph, listCallers } from '@alcove/graph'
import { describe, expect, it } from 'vitest'
import { find, onlyRendered, listPods, render } from './helm.ts'

const manifests = render('alcove', onlyRendered)
const deploymentOf = (name: string) => find(manifests, 'Deployment', name)
const policyOf = (name: string) => find(manifests, 'NetworkPolicy', name).spec
const hasPort = (rule: any, port: number) => rule.ports?.some((entry: { port: number }) => entry.port === port) === true
const hasEvents = (node: (typeof graph)[number]) => node.produces !== null || Object.keys(node.consumes).length > 0
const hasBroker = (node: (typeof graph)[number]) => hasEvents(node) || node.broker === true

/** Names that a policy's rules for a port name. */
function namesFor(rules: readonly any[], side: 'from' | 'to', port: number): string[] {
  return rules
    .filter((rule) => hasPort(rule, port))
    .flatMap((rule) => (rule[side] ?? []).map((peer: any) => peer.podSelector?.matchLabels?.['app.kubernetes.io/name']))
    .filter((name) => name !== undefined)
    .toSorted()
}

describe('what the cluster gets of the declared graph', () => {
  it.each(graph)('$name reaches the services it calls, and auth for keys, and no other', (node) => {
    const expected = new Set([...node.calls, ...(node.name === 'auth' ? [] : ['auth'])])
    expect(namesFor(policyOf(node.name).egress, 'to', 8080)).toEqual([...expected].toSorted())
  })

  it.each(graph.filter(({ name }) => name !== 'gateway'))('$name is reached by those that declare it, and no other', ({ name }) => {
    const everyone = graph.map((node) => node.name).filter((other) => other !== 'auth')
    expect(namesFor(policyOf(name).ingress, 'from', 8080)).toEqual([...(name === 'auth' ? everyone : listCallers(name))].toSorted())
  })

  it.each(graph)('$name reaches its database and the broker only if it has them', (node) => {
    expect(namesFor(policyOf(node.name).egress, 'to', 5432)).toEqual(node.database ? ['postgresql'] : [])
    expect(namesFor(policyOf(node.name).egress, 'to', 9092)).toEqual(hasBroker(node) ? ['kafka'] : [])
  })

  it('only auth and admin reach the API server, and only they hold a token for it', () => {
    for (const { name, apiServer } of graph) {
      const open = policyOf(name).egress.some((rule: any) => hasPort(rule, 6443))
      const mounted = deploymentOf(name).spec.template.spec.volumes?.some((volume: any) => volume.name === 'api-server') ?? false
      expect({ name, open, mounted }).toEqual({ name, open: apiServer === true, mounted: apiServer === true })
    }
    expect(graph.filter(({ apiServer }) => apiServer).map(({ name }) => name)).toEqual(['auth', 'admin'])
  })

  it('every pod holds one token a callee, of an hour, for that callee alone', () => {
    for (const { name, calls } of graph) {
      const volume = deploymentOf(name).spec.template.spec.volumes?.find((candidate: any) => candidate.name === 'service-tokens')
      const tokens = (volume?.projected.sources ?? []).map((source: any) => source.serviceAccountToken)
      expect(tokens).toEqual(calls.map((callee) => ({ audience: callee, expirationSeconds: 3600, path: callee })))
    }
  })

  it('everything of Alcove is denied what no policy names', () => {
    const deny = { podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'alcove' } }, policyTypes: ['Ingress', 'Egress'] }
    expect(policyOf('default-deny')).toEqual(deny)
    for (const { name, labels } of listPods(manifests)) expect({ name, part: labels['app.kubernetes.io/part-of'] }).toEqual({ name, part: 'alcove' })
  })

  it('outer hosts are public addresses unless the graph says otherwise', () => {
    for (const { name, external = [] } of graph) {
      const isOuter = (rule: any) => rule.to?.[0]?.ipBlock?.cidr === '0.0.0.0/0' && !hasPort(rule, 6443)
      const rules = policyOf(name).egress.filter(isOuter)
      expect(rules.map((rule: any) => ({ ports: rule.ports.map((entry: any) => entry.port), public: Boolean(rule.to[0].ipBlock.except) }))).toEqual(
        external.map(({ ports, reach }) => ({ ports: [...ports], public: reach === 'public' })),
      )
    }
  })

  it('only admin looks at all topics, may change none of the operator’s, and starts without a user on the broker', () => {
    expect(graph.filter(({ broker }) => broker).map(({ name }) => name)).toEqual(['admin'])
    const operators = render('alcove', [...onlyRendered, '--set', 'global.kafka.mode=strimzi'])
    const { acls } = find(operators, 'KafkaUser', 'admin').spec.authorization
    expect(acls).toEqual([
      { resource: { type: 'topic', name: 'alcove.', patternType: 'prefix' }, operations: ['Describe', 'DescribeConfigs'] },
      { resource: { type: 'cluster' }, operations: ['Describe'] },
    ])
    const external = ['--set', 'global.kafka.mode=external,global.kafka.brokers=kafka:9093,global.kafka.sasl.mechanism=scram-sha-512']
    const outside = render('alcove', [...onlyRendered, ...external, '--set', 'global.kafka.sasl.secretName=kafka-{service}'])
    for (const [rendered, secret] of [
      [operators, 'admin'],
      [outside, 'kafka-admin'],
    ] as const) {
      const { env } = find(rendered, 'Deployment', 'admin').spec.template.spec.containers[0]
      const variable = (name: string) => env.find((entry: { name: string }) => entry.name === name)
      expect(variable('EVENT_TRANSPORT')).toBeUndefined()
      expect(variable('KAFKA_SASL_PASSWORD').valueFrom.secretKeyRef).toEqual({ name: secret, key: 'password', optional: true })
    }
    const { env } = find(outside, 'Deployment', 'booking').spec.template.spec.containers[0]
    expect(env.find((entry: { name: string }) => entry.name === 'KAFKA_SASL_PASSWORD').valueFrom.secretKeyRef).toEqual({
      name: 'kafka-booking',
      key: 'password',
    })
  })

  it('topics, users and rights of the operator’s broker are the graph’s', () => {
    const operators = render('alcove', [...onlyRendered, '--set', 'global.kafka.mode=strimzi'])
    for (const { produces, topic } of graph) if (produces) expect(find(operators, 'KafkaTopic', `alcove.${produces}`).spec.partitions).toBe(topic!.partitions)
    for (const node of graph.filter(hasEvents)) {
      const acls = find(operators, 'KafkaUser', node.name).spec.authorization.acls as { resource: { type: string; name: string }; operations: string[] }[]
      const topics = (operation: string) =>
        acls.filter(({ resource, operations }) => resource.type === 'topic' && operations.includes(operation)).map(({ resource }) => resource.name)
      expect(topics('Write')).toEqual(node.produces ? [`alcove.${node.produces}`] : [])
      expect(topics('Read').toSorted()).toEqual(
        Object.keys(node.consumes)
          .map((topic) => `alcove.${topic}`)
          .toSorted(),
      )
    }
  })
})
