import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { backoffMs, pause } from '../wait.ts'
import { toKafkaTopic, within } from './client.ts'

/** Kafka's names of topics, with their partitions. */
export type Assignment = Readonly<Record<string, readonly number[]>>

/** What {@link keepConsuming} needs; the callbacks get the consumer of the running session. */
export interface ConsumingOptions {
  kafka: Kafka
  group: string
  topics: readonly string[]
  log: { warn(fields: object, message: string): void }
  /** Aborted: leave the group and end. */
  signal: AbortSignal
  /** Called within the join, before anything of the new assignment is fetched. */
  onJoin(assignment: Assignment, consumer: Consumer): void
  onBatch(payload: EachBatchPayload, consumer: Consumer): Promise<void>
  /** The session is over, however it ended; nothing it held may be believed any more. */
  onEnd(): void
  /** How long the broker holds a fetch that finds nothing. */
  waitMs: number
}

/** Of a fetch, batches handed over beside each other: more than a service has partitions. */
const BATCHES_AT_ONCE = 256

/** Of one partition in one fetch; a longer message comes all the same. */
export const PARTITION_BYTES_MAX = 128 * 1024

/** A member that is silent for this long is dead, and its partitions go to the others. */
const SESSION_TIMEOUT_MS = 10_000
const LEAVE_LIMIT_MS = 5000

/** Keeps a member in its group until the signal: a consumer that fails is given up and a new one made, with backoff. */
export async function keepConsuming(options: ConsumingOptions): Promise<void> {
  const { signal, log, group } = options
  for (let failures = 0; !signal.aborted;) {
    try {
      await runSession({
        ...options,
        onJoin: (assignment, consumer) => {
          failures = 0
          options.onJoin(assignment, consumer)
        },
      })
    } catch (error) {
      failures += 1
      log.warn({ err: error, group, failures }, 'the broker cannot be read; trying again')
      await pause(backoffMs(failures, 200, 3000), signal)
    }
  }
}

async function runSession(options: ConsumingOptions): Promise<void> {
  const { kafka, group, signal, onEnd } = options
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: 1000,
    maxWaitTimeInMs: options.waitMs,
    maxBytesPerPartition: PARTITION_BYTES_MAX,
    maxBytes: 4 * 1024 * 1024,
    allowAutoTopicCreation: false,
    // Some 15 s of trouble (an election, a restart) are lived through within the session; then it is made anew here.
    retry: { initialRetryTime: 200, maxRetryTime: 2000, retries: 10, restartOnFailure: async () => false },
  })
  const ended = Promise.withResolvers<void>()
  consumer.on('consumer.crash', ({ payload }) => ended.reject(payload.error))
  consumer.on('consumer.group_join', ({ payload }) => options.onJoin(payload.memberAssignment, consumer))
  const stop = () => ended.resolve()
  signal.addEventListener('abort', stop)
  const starting = start(consumer, options)
  starting.catch(ended.reject)
  try {
    await ended.promise
  } finally {
    signal.removeEventListener('abort', stop)
    onEnd()
    // A start under way ends first, or it would join a group that nobody leaves; a broker that is away is not waited for.
    const leaving = starting.catch(ignore).then(() => consumer.disconnect())
    await within(LEAVE_LIMIT_MS, 'leaving the group', leaving).catch(ignore)
  }
}

async function start(consumer: Consumer, { topics, signal, onBatch }: ConsumingOptions): Promise<void> {
  await consumer.connect()
  await consumer.subscribe({ topics: topics.map(toKafkaTopic), fromBeginning: true })
  if (!signal.aborted)
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: BATCHES_AT_ONCE,
      eachBatch: (payload) => onBatch(payload, consumer),
    })
}

function ignore(): void {}
