import { createLeaseKeeper, type LeaseKeeper } from '../leases.ts'
import type { Delivery, Subscribe, Subscription } from '../transport.ts'
import { backoffMs, createSleeper, pause, type Sleeper } from '../wait.ts'
import { fetchDeliveries, unitOf } from './fetch.ts'
import { dropHeld, renewHeld, type Held, type HeldPartitions } from './held.ts'
import { countLag, createOffsetStore, type OffsetStore } from './offsets.ts'
import { readEnds, type EmbeddedLogOptions } from './topics.ts'

const BEAT_MS = 1500
/** Pause between looks under load: a few more messages per batch instead of one round for each. */
const BUSY_POLL_MS = 50
/** A member that could not renew for this long stops by itself, before its leases (6 s) end. */
const SELF_FENCE_MS = 4500
/** Deliveries that a member holds at most, over all partitions: a backlog on every topic would fill the heap else. */
const HELD_MAX = 8000
/** Of a partition all the same: what waits for something in other partitions must not keep it from going on. */
const FETCHED_MIN = 20

interface SubscriptionOptions extends EmbeddedLogOptions {
  subscribe: Subscribe
  ensure(topics: readonly string[]): Promise<void>
}

/** One member of a consumer group. */
interface Member extends SubscriptionOptions {
  held: HeldPartitions
  sleeper: Sleeper
  stopping: AbortController
  paused: boolean
  /** When the leases are due to be renewed, and when they last were. */
  beatAt: number
  renewedAt: number
  keeper?: LeaseKeeper
  offsets: OffsetStore
}

/** One member of a consumer group: a loop that keeps leases, looks for news with one query, and runs batches beside it. */
export function createSubscription(options: SubscriptionOptions): Subscription {
  const { group, topics } = options.subscribe
  const member: Member = {
    ...options,
    held: new Map(),
    sleeper: createSleeper(),
    stopping: new AbortController(),
    paused: false,
    beatAt: 0,
    renewedAt: 0,
    offsets: createOffsetStore(options.pool, group),
  }
  const running = run(member)
  return {
    lag: () => countLag(options.pool, group, topics),
    pause: () => {
      member.paused = true
    },
    resume: () => {
      member.paused = false
      member.sleeper.wake()
    },
    async stop() {
      member.stopping.abort()
      member.sleeper.wake()
      await running
      await Promise.all([...member.held.values()].map((partition) => partition.running))
      await member.keeper
        ?.leave()
        .catch((error: unknown) => options.log.warn({ err: error, group }, 'leaving the consumer group failed; its leases will expire'))
    },
  }
}

async function run(member: Member): Promise<void> {
  const { held, sleeper, pollMs = 100 } = member
  for (let failures = 0; !member.stopping.signal.aborted;) {
    try {
      if (performance.now() >= member.beatAt) await beat(member)
      await look(member)
      failures = 0
    } catch (error) {
      failures += 1
      member.log.warn({ err: error, group: member.subscribe.group, failures }, 'the event log cannot be read; trying again')
      fence(member)
      await sleeper.sleep(backoffMs(failures, 100, 2000))
    }
    const busy = [...held.values()].some((partition) => partition.running)
    await sleeper.sleep(busy ? Math.min(BUSY_POLL_MS, pollMs) : pollMs)
  }
}

async function beat(member: Member): Promise<void> {
  const { pool, held } = member
  const { group, topics } = member.subscribe
  const startedAt = performance.now()
  if (!member.keeper) {
    await member.ensure(topics)
    const kinds = new Map([...Map.groupBy(await readEnds(pool, topics), ({ topic }) => topic)].map(([topic, ends]) => [topic, ends.map(unitOf)]))
    member.keeper = createLeaseKeeper({ pool, tables: { lease: 'log_lease', member: 'log_member' }, scope: group, kinds })
  }
  await renewHeld(held, { keeper: member.keeper, pool, group })
  member.renewedAt = startedAt
  member.beatAt = startedAt + BEAT_MS
}

function fence({ held, renewedAt }: Member): void {
  if (performance.now() - renewedAt <= SELF_FENCE_MS) return
  for (const [unit, partition] of held) dropHeld(held, unit, partition)
}

/** Starts batches where there is something new. */
async function look(member: Member): Promise<void> {
  const { pool, held } = member
  const { topics, batchMax = 100, concurrency = 4 } = member.subscribe
  const free = concurrency - [...held.values()].filter(({ running }) => running).length
  if (member.paused || free <= 0) return
  const ends = new Map((await readEnds(pool, topics)).map((end) => [unitOf(end), BigInt(end.next_offset)]))
  const isIdle = (partition: Held) => !partition.running && !partition.waiting && !partition.draining
  const isBehind = (partition: Held) => partition.again !== undefined || (ends.get(unitOf(partition)) ?? 0n) > partition.nextOffset
  const behind = [...held.values()].filter((partition) => isIdle(partition) && isBehind(partition)).slice(0, free)
  const fetched = behind.filter(({ again }) => !again)
  const limit = Math.min(batchMax, shareOfEach(held, fetched.length))
  const batches = fetched.length > 0 ? await fetchDeliveries(pool, fetched, limit) : new Map<string, Delivery[]>()
  for (const partition of behind) {
    const unit = unitOf(partition)
    if (held.get(unit) !== partition) continue
    const deliveries = partition.again ?? batches.get(unit)
    // All below the end read before is committed, so what is not there was removed by retention.
    if (deliveries) start(member, partition, { deliveries, more: deliveries.length >= limit })
    else partition.nextOffset = ends.get(unit) ?? partition.nextOffset
  }
}

/** How many of each of so many partitions may be fetched. */
function shareOfEach(held: HeldPartitions, count: number): number {
  let free = HELD_MAX
  for (const { length } of held.values()) free -= length
  return Math.max(FETCHED_MIN, Math.floor(free / count))
}

/** `more`: there may be more of the partition. */
function start(member: Member, partition: Held, { deliveries, more }: { deliveries: Delivery[]; more: boolean }): void {
  const unit = unitOf(partition)
  // To the end of the line: a busy partition must not starve the others.
  member.held.delete(unit)
  member.held.set(unit, partition)
  partition.length = deliveries.length
  partition.running = runBatch(member, partition, deliveries).finally(() => {
    partition.running = undefined
    if (more) member.sleeper.wake()
  })
}

async function runBatch(member: Member, partition: Held, deliveries: Delivery[]): Promise<void> {
  const { log, offsets, stopping, subscribe } = member
  const { group } = subscribe
  const signal = AbortSignal.any([partition.abort.signal, stopping.signal])
  try {
    await subscribe.onBatch(deliveries, signal)
    const nextOffset = deliveries.at(-1)!.offset + 1n
    await offsets.store({ ...partition, nextOffset })
    Object.assign(partition, { nextOffset, again: undefined, length: 0, failures: 0 })
  } catch (error) {
    if (signal.aborted) return
    partition.failures += 1
    const { failures } = partition
    log.warn({ err: error, group, unit: unitOf(partition), failures }, 'a batch of events failed; the partition waits and tries again')
    partition.again = deliveries
    void wait(member, partition, signal)
  }
}

/** In place, but without a share of the concurrency: only this partition waits. */
async function wait(member: Member, partition: Held, signal: AbortSignal): Promise<void> {
  partition.waiting = true
  await pause(backoffMs(partition.failures, 100, 5000), signal)
  partition.waiting = false
  member.sleeper.wake()
}
