import type { Consumer, EachBatchPayload } from 'kafkajs'
import type { Delivery, Subscribe, Subscription } from '../transport.ts'
import { backoffMs, pause } from '../wait.ts'
import type { KafkaAdmin } from './admin.ts'
import { createClient, fromKafkaTopic, within, type KafkaSettings } from './client.ts'
import { createCommitter, type Committer } from './committer.ts'
import { createFetchGate, type FetchGate } from './fetch-gate.ts'
import { createHeld, enqueue, finish, lengthOf, unitOf, type Held } from './held.ts'
import { keepConsuming, PARTITION_BYTES_MAX, type Assignment } from './sessions.ts'

/** A fetched partition is paused when more batches than that wait, and fetched again at one. */
const QUEUE_BATCHES_MAX = 4
/**
 * Characters of deliveries that a member holds at most, waiting and under way; from there on a partition is fetched only when nothing of it is
 * held. A backlog on every topic would fill the heap else.
 */
const HELD_MAX = 8 * 1024 * 1024
/** Also how long a partition that was paused may wait to be fetched again. */
const FETCH_WAIT_MS = 250
/** Least time between two fetches that were not full (decision 23). */
const GATHER_MS = 200
const REQUEST_LIMIT_MS = 10_000
const FLUSH_LIMIT_MS = 3000

/** Options of {@link createSubscription}. */
export interface SubscriptionOptions {
  settings: KafkaSettings
  admin: KafkaAdmin
  log: { warn(fields: object, message: string): void }
  subscribe: Subscribe
}

/** One member of a consumer group. */
interface Member {
  subscribe: Required<Subscribe>
  log: SubscriptionOptions['log']
  /** By unit; the order of the map is whose turn it is. */
  held: Map<string, Held>
  /** Batches of partitions that were taken away: should one come back, its next batch waits for them. */
  leaving: Map<string, Promise<void>>
  running: number
  paused: boolean
  stopping: AbortController
  consumer?: Consumer
  committer: Committer
  gate: FetchGate
}

/**
 * A member of a consumer group. kafkajs fetches all partitions of a broker in one loop and waits for every batch before
 * the next fetch, so batches are only taken into queues there, and handled beside it: a partition that is slow or waits
 * never holds up another, nor the heartbeat.
 */
export function createSubscription(options: SubscriptionOptions): Subscription {
  const { admin, log } = options
  const { group, topics } = options.subscribe
  const stopping = new AbortController()
  const held: Member['held'] = new Map()
  const subscribe = { batchMax: 100, concurrency: 4, ...options.subscribe }
  const member: Member = {
    subscribe,
    log,
    held,
    leaving: new Map(),
    running: 0,
    paused: false,
    stopping,
    gate: createFetchGate({ gatherMs: GATHER_MS, pausedMs: FETCH_WAIT_MS, signal: stopping.signal }),
    committer: createCommitter({ consumer: () => member.consumer, isHeld: (one) => held.get(one.unit) === one, log, signal: stopping.signal }),
  }
  const leaving = new AbortController()
  const consuming = keepConsuming({
    kafka: createClient(options.settings, REQUEST_LIMIT_MS),
    group,
    topics,
    log,
    signal: leaving.signal,
    waitMs: FETCH_WAIT_MS,
    onJoin: (assignment, consumer) => takeAssignment(member, assignment, consumer),
    onBatch: (payload) => takeBatch(member, payload),
    onEnd: () => dropAll(member),
  })
  return {
    lag: () => admin.countLag(group, topics),
    pause: () => {
      member.paused = true
    },
    resume: () => {
      member.paused = false
      startBatches(member)
    },
    async stop() {
      stopping.abort()
      await Promise.all([...held.values()].map(({ running }) => running).concat([...member.leaving.values()]))
      // While the member is still one: leaving, kafkajs stores nothing.
      await within(FLUSH_LIMIT_MS, 'storing positions', member.committer.flush()).catch((error: unknown) =>
        log.warn({ err: error, group }, 'positions could not be stored; what follows them is repeated'),
      )
      leaving.abort()
      await consuming
    },
  }
}

function takeAssignment(member: Member, assignment: Assignment, consumer: Consumer): void {
  member.consumer = consumer
  for (const held of member.held.values()) {
    const isStored = held.doneOffset === held.storedOffset
    // What is done with begins anew at the group's position, which another member may have moved meanwhile.
    const isIdle = isStored && held.queue.length === 0 && !held.current
    if (isIdle || !assignment[held.topic]?.includes(held.partition)) drop(member, held)
    else if (!isStored) member.committer.note(held)
  }
}

/** Gives a partition up at once: somebody else may hold it by now. */
function drop(member: Member, held: Held): void {
  held.abort.abort()
  member.held.delete(held.unit)
  setFetched(member, held, true)
  if (!held.running) return
  const ended = held.running.then(() => {
    if (member.leaving.get(held.unit) === ended) member.leaving.delete(held.unit)
    startBatches(member)
  })
  member.leaving.set(held.unit, ended)
}

function dropAll(member: Member): void {
  member.consumer = undefined
  for (const held of member.held.values()) drop(member, held)
}

async function takeBatch(member: Member, { batch, resolveOffset }: EachBatchPayload): Promise<void> {
  if (member.stopping.signal.aborted) return
  const { topic, partition } = batch
  const unit = unitOf(topic, partition)
  const deliveries = batch.messages.map(({ key, value, offset }): Delivery => ({
    topic: fromKafkaTopic(topic),
    partition,
    offset: BigInt(offset),
    key: key?.toString('utf8') ?? '',
    value: value?.toString('utf8') ?? '',
  }))
  const held = member.held.get(unit) ?? createHeld(topic, partition, deliveries[0]?.offset ?? 0n)
  member.held.set(unit, held)
  enqueue(held, deliveries)
  resolveOffset(batch.lastOffset())
  if (isFull(member, held, QUEUE_BATCHES_MAX)) setFetched(member, held, false)
  startBatches(member)
  const full = deliveries.length >= member.subscribe.batchMax || lengthOf(deliveries) >= PARTITION_BYTES_MAX / 2
  await member.gate.wait({ full, paused: held.paused })
}

/**
 * Whether more than so many batches of the partition wait, or as much of all partitions is held as may be. Never when nothing of it is held:
 * what waits for something in other partitions must not keep this one from going on.
 */
function isFull(member: Member, held: Held, batches: number): boolean {
  if (held.queue.length === 0 && !held.current) return false
  if (held.queue.length > batches * member.subscribe.batchMax) return true
  let length = 0
  for (const one of member.held.values()) length += one.length
  return length >= HELD_MAX
}

function setFetched(member: Member, held: Held, fetched: boolean): void {
  if (held.paused !== fetched || !member.consumer) return
  held.paused = !fetched
  const place = [{ topic: held.topic, partitions: [held.partition] }]
  if (!fetched) return member.consumer.pause(place)
  member.consumer.resume(place)
  member.gate.open()
}

/** Starts batches where something waits, as many as may run at once. */
function startBatches(member: Member): void {
  const { held: all, subscribe, leaving, paused, stopping } = member
  if (paused || stopping.signal.aborted) return
  for (const held of all.values()) {
    if (member.running >= subscribe.concurrency) return
    if (held.running || held.waiting || leaving.has(held.unit) || (held.queue.length === 0 && !held.current)) continue
    // To the end of the line: a busy partition must not starve the others.
    all.delete(held.unit)
    all.set(held.unit, held)
    member.running += 1
    held.running = runBatch(member, held).finally(() => {
      held.running = undefined
      member.running -= 1
      startBatches(member)
    })
  }
}

async function runBatch(member: Member, held: Held): Promise<void> {
  const { subscribe, log, stopping } = member
  const signal = AbortSignal.any([held.abort.signal, stopping.signal])
  const deliveries = (held.current ??= held.queue.splice(0, subscribe.batchMax))
  if (!isFull(member, held, 1)) setFetched(member, held, true)
  try {
    await subscribe.onBatch(deliveries, signal)
  } catch (error) {
    if (signal.aborted) return
    held.failures += 1
    const { group } = subscribe
    log.warn({ err: error, group, unit: held.unit, failures: held.failures }, 'a batch of events failed; the partition waits and tries again')
    void waitThenRetry(member, held)
    return
  }
  finish(held, deliveries)
  if (!isFull(member, held, 1)) setFetched(member, held, true)
  if (member.held.get(held.unit) === held) member.committer.note(held)
}

/** In place, but without a share of the concurrency: only this partition waits. */
async function waitThenRetry(member: Member, held: Held): Promise<void> {
  held.waiting = true
  await pause(backoffMs(held.failures, 100, 5000), AbortSignal.any([held.abort.signal, member.stopping.signal]))
  held.waiting = false
  startBatches(member)
}
