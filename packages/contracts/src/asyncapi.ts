import { CloudEventSchema } from './events/envelope.ts'
import * as events from './events/index.ts'
import { createSchemaNamer, type JsonSchema } from './openapi-schemas.ts'

/** A topic as the graph declares it: how it is made, who writes to it, who reads which types. */
export interface AsyncApiTopic {
  readonly name: string
  readonly partitions: number
  readonly retentionDays: number
  readonly producer: string
  readonly subscriptions: readonly { readonly service: string; readonly mode: 'durable' | 'broadcast'; readonly types: readonly string[] }[]
}

export interface AsyncApiOptions {
  version: string
  topics: readonly AsyncApiTopic[]
}

/** An AsyncAPI 3.0 document as plain JSON. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0'
  info: Record<string, unknown>
  defaultContentType: string
  servers: Record<string, unknown>
  channels: Record<string, Record<string, unknown>>
  operations: Record<string, Record<string, unknown>>
  components: { messages: Record<string, JsonSchema>; schemas: Record<string, JsonSchema> }
}

/** Structured mode: the whole CloudEvent is the message's value. */
const contentType = 'application/cloudevents+json'
const bindingVersion = '0.5.0'
const dayMs = 86_400_000

/** Every event type that may stand on a topic, audit records last. */
export function listEventTypes(topic: events.Topic): events.EventType[] {
  return [...events.eventTypes.filter((event) => event.topic === topic), events.auditRecorded(topic)]
}

/** Whether a subscription's pattern (`*`, `booking.*`, a full name) takes a type. */
export function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type
}

/**
 * The AsyncAPI 3.0 document: a channel for each topic with every message that may stand on it, one sending operation for its
 * producer and one receiving operation for each consumer. Envelopes are CloudEvents 1.0; `data` is the event's own schema.
 */
export function buildAsyncApi(options: AsyncApiOptions): AsyncApiDocument {
  const namer = createSchemaNamer([events], { CloudEvent: CloudEventSchema })
  const messages: Record<string, JsonSchema> = {}
  const channels: AsyncApiDocument['channels'] = {}
  const operations: AsyncApiDocument['operations'] = {}
  for (const topic of options.topics) {
    const types = listEventTypes(events.topics.find((name) => name === topic.name)!)
    for (const event of types) messages[nameMessage(event)] = toMessage(event, topic.producer, namer.refer)
    channels[topic.name] = toChannel(topic, types)
    operations[`${topic.producer}.send.${topic.name}`] = toOperation('send', topic, types)
    for (const { service, mode, types: wanted } of topic.subscriptions) {
      const taken = types.filter(({ type }) => wanted.some((pattern) => matchesType(pattern, type)))
      operations[`${service}.receive.${topic.name}`] = { ...toOperation('receive', topic, taken), summary: describeReader(service, mode) }
    }
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Alcove events',
      version: options.version,
      description:
        'What the services of Alcove tell each other, and anybody who listens: CloudEvents 1.0 in structured JSON. The key of a message is its ' +
        '`subject`, the id of what it is about; `data.version` rises per subject. At least once: a repeat has the same `id`. No personal data.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: contentType,
    servers: {
      kafka: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'In a cluster, or locally with a Kafka transport. The embedded log of the local profile carries the same events.',
        variables: { brokers: { default: 'kafka:9092', description: 'As in KAFKA_BROKERS.' } },
      },
    },
    channels,
    operations,
    components: { messages, schemas: namer.components() },
  }
}

const nameMessage = ({ topic, type }: events.EventType): string => (type.startsWith(`${topic}.`) ? type : `${topic}.${type}`)

function toMessage(event: events.EventType, producer: string, refer: (schema: unknown) => JsonSchema): JsonSchema {
  const source = `/alcove/${producer}`
  const own = { type: 'object', properties: { type: { const: event.type }, source: { const: source }, data: refer(event.data) } }
  return {
    name: event.type,
    title: event.type,
    contentType,
    payload: { allOf: [refer(CloudEventSchema), own] },
    bindings: { kafka: { key: { type: 'string', format: 'uuid' }, bindingVersion } },
    examples: [{ name: 'example', payload: toExample(event, source) }],
  }
}

/** The event of contracts in an envelope as a topic carries it. */
function toExample(event: events.EventType, source: string): JsonSchema {
  const data = event.example as JsonSchema
  const subject = Object.entries(data).find(([name]) => name.endsWith('Id'))![1]
  return {
    specversion: '1.0',
    id: '01890000-0000-7000-8000-0000000000ff',
    source,
    type: event.type,
    subject,
    time: '2026-01-05T09:00:00.000Z',
    datacontenttype: 'application/json',
    data,
  }
}

function toChannel(topic: AsyncApiTopic, types: readonly events.EventType[]): Record<string, unknown> {
  const { partitions, retentionDays } = topic
  const topicConfiguration = { 'cleanup.policy': ['delete'], 'retention.ms': retentionDays * dayMs }
  return {
    address: `alcove.${topic.name}`,
    title: topic.name,
    description: `Written by ${topic.producer} alone.`,
    messages: Object.fromEntries(types.map((event) => [event.type, { $ref: `#/components/messages/${nameMessage(event)}` }])),
    bindings: { kafka: { topic: `alcove.${topic.name}`, partitions, topicConfiguration, bindingVersion } },
  }
}

function toOperation(action: 'send' | 'receive', topic: AsyncApiTopic, types: readonly events.EventType[]): Record<string, unknown> {
  return {
    action,
    channel: { $ref: `#/channels/${topic.name}` },
    messages: types.map(({ type }) => ({ $ref: `#/channels/${topic.name}/messages/${type}` })),
    ...(action === 'send' ? { summary: `${topic.producer} tells` } : {}),
  }
}

const describeReader = (service: string, mode: string): string =>
  mode === 'durable' ? `${service} handles each once` : `every process of ${service} reads along from the newest`
