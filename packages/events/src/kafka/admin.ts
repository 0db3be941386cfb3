import { createClient, toKafkaTopic, type KafkaSettings } from './client.ts'
import { createConnection } from './connection.ts'

const ASK_LIMIT_MS = 5000

export type KafkaAdmin = ReturnType<typeof createKafkaAdmin>

/** Questions about topics and groups, over one connection made when first needed. */
export function createKafkaAdmin(settings: KafkaSettings) {
  const kafka = createClient(settings, ASK_LIMIT_MS)
  const connection = createConnection(ASK_LIMIT_MS, () => kafka.admin())

  return {
    async check(): Promise<void> {
      await connection.use('the broker', (admin) => admin.listTopics())
    },

    /** Messages that the group has not finished; what retention has removed does not count. */
    async countLag(group: string, topics: readonly string[]): Promise<number> {
      return connection.use('the lag of a group', async (admin) => {
        const names = topics.map(toKafkaTopic)
        const [committed, ...ends] = await Promise.all([
          admin.fetchOffsets({ groupId: group, topics: names }),
          ...names.map((name) => admin.fetchTopicOffsets(name)),
        ])
        const done = new Map(committed.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => [`${topic}/${partition}`, BigInt(offset)])))
        const lags = names.flatMap((name, index) =>
          ends[index]!.map(({ partition, low, high }) => {
            // -1: nothing committed yet.
            const position = done.get(`${name}/${partition}`) ?? -1n
            return BigInt(high) - (position > BigInt(low) ? position : BigInt(low))
          }),
        )
        return Number(lags.reduce((sum, lag) => sum + (lag > 0n ? lag : 0n), 0n))
      })
    },

    /** The end of every partition, as offsets by `topic/partition` (Kafka's name of the topic). */
    async findEnds(topics: readonly string[]): Promise<Map<string, string>> {
      return connection.use('the ends of topics', async (admin) => {
        const ends = await Promise.all(topics.map(toKafkaTopic).map(async (name) => ({ name, offsets: await admin.fetchTopicOffsets(name) })))
        return new Map(ends.flatMap(({ name, offsets }) => offsets.map(({ partition, high }) => [`${name}/${partition}`, high])))
      })
    },

    /** Where every partition's messages of that time and later begin. */
    async findOffsetsSince(topics: readonly string[], sinceMs: number): Promise<Map<string, string>> {
      return connection.use('the positions of a time', async (admin) => {
        const names = topics.map(toKafkaTopic)
        const found = await Promise.all(names.map(async (name) => ({ name, offsets: await admin.fetchTopicOffsetsByTimestamp(name, sinceMs) })))
        return new Map(found.flatMap(({ name, offsets }) => offsets.map(({ partition, offset }) => [`${name}/${partition}`, offset])))
      })
    },

    close: () => connection.close(),
  }
}
