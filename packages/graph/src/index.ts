import { graph } from './graph.generated.ts'

export { graph }

/**
 * The service that every other fetches the keys of tokens from, people's and services'. It stands in no `calls`: there is no service
 * token to show before there are keys to judge it by.
 */
export const keysFrom = 'auth'

/** Which events of a topic a service handles. */
export interface SubscriptionNode {
  /** `durable`: each event once per service, through its inbox. `broadcast`: every process reads all from the tail into memory. */
  readonly mode: 'durable' | 'broadcast'
  /** Full type names; `*` for all of the topic, `booking.*` for all but audit records. */
  readonly types: readonly string[]
}

/** Addresses outside the cluster that a service opens connections to. */
export interface ExternalNode {
  /** What it is for: `smtp`. */
  readonly name: string
  /** `public`: internet addresses without private, link-local and loopback ranges; `any`: those too. */
  readonly reach: 'public' | 'any'
  readonly ports: readonly number[]
}

/** One service as its `service.yaml` declares it. */
export interface ServiceNode {
  readonly name: string
  /** A few words for pictures and lists. */
  readonly summary: string
  /** The local profile's application port; the operations port is this + 6000. */
  readonly port: number
  readonly calls: readonly string[]
  /** The topic that this service alone writes to; `alcove.<topic>` on Kafka. */
  readonly produces: string | null
  /** How that topic is made; there exactly when `produces` is. The number of partitions never falls. */
  readonly topic?: { readonly partitions: number; readonly retentionDays: number }
  readonly consumes: Readonly<Record<string, SubscriptionNode>>
  readonly database: boolean
  readonly external?: readonly ExternalNode[]
  /** May use a Redis, when there is one, for what its replicas have in common. */
  readonly redis?: boolean
  /** Speaks with the cluster's API server. */
  readonly apiServer?: boolean
  /** Looks at every topic, and makes them where no operator does, beside what `produces` and `consumes` say. */
  readonly broker?: boolean
  /** What its dashboards and alerts measure it by: share of requests not answered 5xx, and how long the slowest 1 % may take. */
  readonly objectives: { readonly availabilityPercent: number; readonly latencyP99Ms: number }
}

/** A topic as it is made on a broker, with its one producer and all its consumers. */
export interface TopicNode {
  readonly name: string
  readonly partitions: number
  readonly retentionDays: number
  readonly producer: string
  /** Names of the services that subscribe to it. */
  readonly consumers: readonly string[]
  /** The same with what each of them takes. */
  readonly subscriptions: readonly (SubscriptionNode & { readonly service: string })[]
}

/** The node of a service; throws for a name the graph does not know. */
export function getNode(name: string): ServiceNode {
  const node = graph.find((candidate) => candidate.name === name)
  if (!node) throw new Error(`no service.yaml declares a service named ${name}`)
  return node
}

/** Services whose declared calls include this one: the only callers its internal routes accept. */
export function listCallers(name: string): string[] {
  return graph.filter((node) => node.calls.includes(name)).map((node) => node.name)
}

/** Whether `caller` declares that it calls `callee`. */
export function isDeclaredCall(caller: string, callee: string): boolean {
  return getNode(caller).calls.includes(callee)
}

/** The service itself and all it calls, directly or through others: what must be there for it to do its work. */
export function listNeeded(name: string): string[] {
  const needed = new Set([name])
  for (const each of needed) for (const callee of getNode(each).calls) needed.add(callee)
  return [...needed]
}

/** Every topic, in the order of its producers' ports. */
export function listTopics(): TopicNode[] {
  return graph.flatMap(({ name: producer, produces: name, topic }) => {
    if (name === null || !topic) return []
    const subscriptions = graph.flatMap((node) => (node.consumes[name] ? [{ service: node.name, ...node.consumes[name] }] : []))
    return [{ name, ...topic, producer, consumers: subscriptions.map(({ service }) => service), subscriptions }]
  })
}
