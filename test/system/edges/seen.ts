import type { ServiceName } from '@alcove/contracts'
import { getNode, graph, keysFrom } from '@alcove/graph'
import { request } from 'undici'
import type { Stack } from '../../../scripts/supervisor/types.ts'
import { called, fetchedKeys, handled, nameHandled, published, wasCalled } from './declared.ts'

const DATABASE = 'the database'

/** One line of a process's metrics. */
interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** What one process has counted since it began. */
interface Counted {
  service: ServiceName
  samples: Sample[]
  /** Addresses to which it opened connections, by whatever means. */
  addresses: string[]
}

export interface Seen {
  /** Edges in the words of {@link listDeclared}. */
  edges: Set<string>
  /** Types by topic, as producers published and as each consumer handled them: `reporting booking/booking.created.v1`. */
  publishedTypes: Set<string>
  handledTypes: Set<string>
}

/** Reads every running process of the stack. Counters live in processes: restarts in between lose what was seen before. */
export async function readSeen(stack: Stack): Promise<Seen> {
  const names = graph.map(({ name }) => name as ServiceName)
  const counted = await Promise.all(names.flatMap((service) => stack.opsUrls(service).map((url) => readProcess(service, url))))
  const owners = listOwners(stack, names)
  const seen: Seen = { edges: new Set(), publishedTypes: new Set(), handledTypes: new Set() }
  for (const process of counted) {
    for (const sample of process.samples) noteSample(seen, process.service, sample)
    for (const edge of process.addresses.flatMap((address) => nameConnection(process.service, owners.get(address) ?? address))) seen.edges.add(edge)
  }
  return seen
}

async function readProcess(service: ServiceName, opsUrl: string): Promise<Counted> {
  const metrics = await (await request(`${opsUrl}/metrics`)).body.text()
  const connections = (await (await request(`${opsUrl}/connections`)).body.json()) as { items: { address: string }[] }
  return { service, samples: metrics.split('\n').flatMap(parseSample), addresses: connections.items.map(({ address }) => address) }
}

function parseSample(line: string): Sample[] {
  const [, name, labels, value] = /^([a-z_]+)\{(.*)\} ([\d.e+-]+)$/.exec(line) ?? []
  if (name === undefined || Number(value) === 0) return []
  const pairs = [...labels!.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key, text]) => [key!, text!])
  return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }]
}

function noteSample(seen: Seen, service: ServiceName, { name, labels }: Sample): void {
  const { topic = '', type = '' } = labels
  if (name === 'alcove_client_request_duration_seconds_count' && /^\dxx$/.test(labels.outcome!)) seen.edges.add(called(service, labels.callee!))
  if (name === 'alcove_service_tokens_total' && labels.judgement === 'accepted') seen.edges.add(wasCalled(service, labels.caller!))
  if (name === 'alcove_events_published_total') {
    seen.edges.add(published(service, topic))
    seen.publishedTypes.add(`${topic}/${type}`)
  }
  if (name === 'alcove_events_handled_total') {
    seen.edges.add(nameHandled(graph, service, { topic, type }))
    seen.handledTypes.add(handled(service, topic, type))
  }
}

/** Whose an address is: each service's own and its replicas', application and operations. */
function listOwners(stack: Stack, names: readonly ServiceName[]): Map<string, string> {
  const owned = names.flatMap((name) => [stack.urls[name], ...stack.opsUrls(name)].map((url): [string, string] => [new URL(url).host, name]))
  const running = stack.status().flatMap(({ service, url, opsUrl }) => [url, opsUrl].map((each): [string, string] => [new URL(each).host, service]))
  const databases = Object.values(stack.databaseUrls).map((url): [string, string] => [new URL(url).host, DATABASE])
  return new Map([...owned, ...running, ...databases])
}

/**
 * A connection that neither the client package nor a token tells of is an edge all the same. That to a declared callee is none of its
 * own: the call has to be seen.
 */
function nameConnection(service: ServiceName, target: string): string[] {
  if (target === keysFrom) return [fetchedKeys(service)]
  return target === DATABASE || getNode(service).calls.includes(target) ? [] : [`${service} connects to ${target}`]
}
