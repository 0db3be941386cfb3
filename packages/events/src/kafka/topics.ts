import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, ITopicConfig } from 'kafkajs'
import { createClient, toKafkaTopic, type KafkaSettings } from './client.ts'

/** A topic as it shall be; the graph's nodes are such. */
export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly retentionDays: number
}

const REPLICAS = 3
/** The protocol's number; kafkajs's constant cannot be imported by name. */
const TOPIC_RESOURCE = 2
const REQUEST_LIMIT_MS = 30_000
const LEADER_TRIES_MAX = 60
const LEADER_PAUSE_MS = 500
const CONNECT_PAUSE_MS = 1000

/**
 * Brings the broker's topics to what the graph says and answers what was changed; nothing when all was so already.
 * Three replicas of which two must have a message, or as many as there are brokers. The number of partitions is never
 * changed, or keys would move and lose their order.
 * @throws when a topic has another number of partitions, and when the brokers cannot be reached within `waitSeconds`
 */
export async function applyTopics(settings: KafkaSettings, topics: readonly TopicPlan[], { waitSeconds = 0 } = {}): Promise<string[]> {
  const admin = createClient(settings, REQUEST_LIMIT_MS).admin({ retry: { retries: 8, initialRetryTime: 200, maxRetryTime: 2000 } })
  await connectWithin(admin, waitSeconds)
  try {
    const replicas = Math.min(REPLICAS, (await admin.describeCluster()).brokers.length)
    const existing = new Set(await admin.listTopics())
    const missing = topics.filter(({ name }) => !existing.has(toKafkaTopic(name)))
    const present = topics.filter(({ name }) => existing.has(toKafkaTopic(name)))
    await assertPartitions(admin, present)
    if (missing.length > 0) await makeTopics(admin, missing, replicas)
    const changed = present.length > 0 ? await alterConfigs(admin, present, replicas) : []
    return [...missing.map(({ name, partitions }) => `made ${toKafkaTopic(name)} with ${partitions} partitions, ${replicas} replicas`), ...changed]
  } finally {
    await admin.disconnect()
  }
}

/**
 * What of the broker's topics is not as the graph says, one sentence each; nothing when all is. Changes nothing and needs no
 * right to: `Describe` on the cluster, `Describe` and `DescribeConfigs` on the topics.
 * @throws when the brokers cannot be reached or refuse to answer
 */
export async function checkTopics(settings: KafkaSettings, topics: readonly TopicPlan[]): Promise<string[]> {
  const admin = createClient(settings, REQUEST_LIMIT_MS).admin()
  await admin.connect()
  try {
    const replicas = Math.min(REPLICAS, (await admin.describeCluster()).brokers.length)
    const existing = new Set(await admin.listTopics())
    const present = topics.filter(({ name }) => existing.has(toKafkaTopic(name)))
    const missing = topics.filter((topic) => !present.includes(topic)).map(({ name }) => `${toKafkaTopic(name)} is missing`)
    if (present.length === 0) return missing
    const outdated = (await findOutdated(admin, present, replicas)).map(({ name, wrong }) => `${name} has ${wrong.join(', ')}`)
    return [...missing, ...(await findPartitionProblems(admin, present)), ...outdated]
  } finally {
    await admin.disconnect()
  }
}

async function connectWithin(admin: Admin, seconds: number): Promise<void> {
  for (const limit = performance.now() + seconds * 1000; ; await sleep(CONNECT_PAUSE_MS)) {
    try {
      await admin.connect()
      return
    } catch (error) {
      if (performance.now() >= limit) throw error
    }
  }
}

/** Settles when every partition's leader answers: brokers hear of a new topic one after the other. */
async function makeTopics(admin: Admin, topics: readonly TopicPlan[], replicas: number): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: topics.map((topic) => renderTopic(topic, replicas)) })
  for (let tries = 1; ; tries += 1) {
    try {
      for (const { name } of topics) await admin.fetchTopicOffsets(toKafkaTopic(name))
      return
    } catch (error) {
      if (tries >= LEADER_TRIES_MAX) throw error
      await sleep(LEADER_PAUSE_MS)
    }
  }
}

function configOf({ retentionDays }: TopicPlan, replicas: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionDays * 86_400_000),
    'min.insync.replicas': String(Math.max(1, replicas - 1)),
    // The broker's clock: broadcasts find their place by time, and no producer's clock may disturb retention.
    'message.timestamp.type': 'LogAppendTime',
  }
}

function renderTopic(topic: TopicPlan, replicas: number): ITopicConfig {
  const configEntries = Object.entries(configOf(topic, replicas)).map(([name, value]) => ({ name, value }))
  return { topic: toKafkaTopic(topic.name), numPartitions: topic.partitions, replicationFactor: replicas, configEntries }
}

async function assertPartitions(admin: Admin, topics: readonly TopicPlan[]): Promise<void> {
  if (topics.length === 0) return
  const problems = await findPartitionProblems(admin, topics)
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

async function findPartitionProblems(admin: Admin, topics: readonly TopicPlan[]): Promise<string[]> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => toKafkaTopic(name)) })
  return topics.flatMap(({ name, partitions }) => {
    const count = found.find((candidate) => candidate.name === toKafkaTopic(name))?.partitions.length
    return count === partitions ? [] : [`${toKafkaTopic(name)} has ${count} partitions and the graph says ${partitions}: keys would move`]
  })
}

async function alterConfigs(admin: Admin, topics: readonly TopicPlan[], replicas: number): Promise<string[]> {
  const outdated = await findOutdated(admin, topics, replicas)
  if (outdated.length === 0) return []
  await admin.alterConfigs({
    validateOnly: false,
    resources: outdated.map(({ type, name, wanted }) => ({ type, name, configEntries: Object.entries(wanted).map(([key, value]) => ({ name: key, value })) })),
  })
  return outdated.map(({ name }) => `set retention and safety of ${name}`)
}

/** Topics of which a setting differs, with what they have instead. */
async function findOutdated(admin: Admin, topics: readonly TopicPlan[], replicas: number) {
  const resources = topics.map((topic) => ({ type: TOPIC_RESOURCE, name: toKafkaTopic(topic.name), wanted: configOf(topic, replicas) }))
  const { resources: found } = await admin.describeConfigs({ includeSynonyms: false, resources: resources.map(({ type, name }) => ({ type, name })) })
  return resources.flatMap((resource) => {
    const entries = found.find(({ resourceName }) => resourceName === resource.name)?.configEntries ?? []
    const present = new Map(entries.map((entry) => [entry.configName, entry.configValue]))
    const differing = Object.entries(resource.wanted).filter(([key, value]) => present.get(key) !== value)
    const wrong = differing.map(([key, value]) => `${key} ${present.get(key)} instead of ${value}`)
    return wrong.length > 0 ? [{ ...resource, wrong }] : []
  })
}
