import { randomUUID } from 'node:crypto'
import type { Consumer } from 'kafkajs'
import type { Delivery } from '../transport.ts'
import { backoffMs, pause } from '../wait.ts'
import type { KafkaAdmin } from './admin.ts'
import { createClient, fromKafkaTopic, within, type KafkaSettings } from './client.ts'
import { unitOf } from './held.ts'
import { keepConsuming, type Assignment } from './sessions.ts'

/** A broker that cannot say so soon where its topics end is taken for away. */
const ENDS_LIMIT_MS = 3000
/** How far this machine's clock may be ahead of the broker's. */
const CLOCK_SKEW_MS = 60_000
const FETCH_WAIT_MS = 500
const REQUEST_LIMIT_MS = 10_000

/** Options of {@link createBroadcastReader}. */
export interface BroadcastReaderOptions {
  settings: KafkaSettings
  admin: KafkaAdmin
  log: { warn(fields: object, message: string): void }
  /** Its groups begin with this, as access rules demand. */
  service: string
  topics: readonly string[]
  onBatch: (deliveries: Delivery[]) => Promise<void>
}

/**
 * Reads every partition from its present end. kafkajs reads only as a member of a group, so each reader has one of its
 * own that stores nothing; positions are kept here. When the broker is away it begins at the time of the call instead,
 * and may then repeat what came a minute before.
 */
export async function createBroadcastReader(options: BroadcastReaderOptions): Promise<{ stop(): Promise<void> }> {
  const { admin, topics, log } = options
  const since = Date.now() - CLOCK_SKEW_MS
  const stopping = new AbortController()
  const ends = await within(ENDS_LIMIT_MS, 'the ends of topics', admin.findEnds(topics)).catch((error: unknown) => {
    log.warn({ err: error, topics }, 'the broker is away; broadcasts will be read from now on when it is there')
    return undefined
  })
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    const positions = ends ?? (await findUntilThere())
    await keepConsuming({
      kafka: createClient(options.settings, REQUEST_LIMIT_MS),
      group: `${options.service}.broadcast.${randomUUID()}`,
      topics,
      log,
      signal: stopping.signal,
      waitMs: FETCH_WAIT_MS,
      onJoin: (assignment, consumer) => seekAll(consumer, assignment, positions),
      onBatch: async ({ batch, resolveOffset }) => {
        const { topic, partition } = batch
        await options.onBatch(
          batch.messages.map(({ key, value, offset }) => ({
            topic: fromKafkaTopic(topic),
            partition,
            offset: BigInt(offset),
            key: key?.toString('utf8') ?? '',
            value: value?.toString('utf8') ?? '',
          })),
        )
        positions.set(unitOf(topic, partition), String(BigInt(batch.lastOffset()) + 1n))
        resolveOffset(batch.lastOffset())
      },
      onEnd: () => undefined,
    })
  }

  async function findUntilThere(): Promise<Map<string, string>> {
    for (let failures = 1; !stopping.signal.aborted; failures += 1) {
      try {
        return await admin.findOffsetsSince(topics, since)
      } catch (error) {
        log.warn({ err: error, topics, failures }, 'the broker is away; trying again')
        await pause(backoffMs(failures, 200, 3000), stopping.signal)
      }
    }
    return new Map()
  }
}

function seekAll(consumer: Consumer, assignment: Assignment, positions: ReadonlyMap<string, string>): void {
  for (const [topic, partitions] of Object.entries(assignment)) {
    // A partition that was not there before has nothing older than this reader.
    for (const partition of partitions) consumer.seek({ topic, partition, offset: positions.get(unitOf(topic, partition)) ?? '0' })
  }
}
