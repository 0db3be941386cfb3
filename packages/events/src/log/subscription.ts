import { createLeaseKeeper } from '../leases.ts'
import type { Delivery, Subscribe, Subscription } from '../transport.ts'
import { backoffMs, createSleeper, pause } from '../wait.ts'
import { readEnds, type EmbeddedLogOptions } from './embedded-log.ts'
import { fetchDeliveries, unitOf, type Position } from './fetch.ts'
import { countLag, readOffsets, storeOffset } from './offsets.ts'

const BEAT_MS = 1500
/** Pause between looks under load: a few more messages per batch instead of one round for each. */
const BUSY_POLL_MS = 20
/** A member that could not renew for this long stops by itself, before its leases (6 s) end. */
const SELF_FENCE_MS = 4500

/** A partition this member holds. */
interface Held extends Position {
  /** The running batch; the partition is fetched again when it ends. */
  running?: Promise<void>
  draining: boolean
  abort: AbortController
}

interface SubscriptionOptions extends EmbeddedLogOptions {
  subscribe: Subscribe
  ensure(topics: readonly string[]): Promise<void>
}

/** One member of a consumer group: a loop that keeps leases, looks for news with one query, and runs batches beside it. */
export function createSubscription(options: SubscriptionOptions): Subscription {
  const { pool, log, pollMs = 100 } = options
  const { group, topics, batchMax = 100, concurrency = 4 } = options.subscribe
  const held = new Map<string, Held>()
  const sleeper = createSleeper()
  const stopping = new AbortController()
  let paused = false
  let beatAt = 0
  let renewedAt = 0
  let keeper: ReturnType<typeof createLeaseKeeper> | undefined

  async function beat(): Promise<void> {
    if (!keeper) {
      await options.ensure(topics)
      const kinds = new Map([...Map.groupBy(await readEnds(pool, topics), ({ topic }) => topic)].map(([topic, ends]) => [topic, ends.map(unitOf)]))
      keeper = createLeaseKeeper({ pool, tables: { lease: 'log_lease', member: 'log_member' }, scope: group, kinds })
    }
    const startedAt = performance.now()
    const { held: leased, excess } = await keeper.beat()
    renewedAt = startedAt
    beatAt = startedAt + BEAT_MS
    for (const [unit, partition] of held) if (!leased.includes(unit)) drop(unit, partition)
    const fresh = leased.filter((unit) => !held.has(unit))
    for (const position of await readOffsets(pool, group, fresh)) held.set(unitOf(position), { ...position, draining: false, abort: new AbortController() })
    for (const [unit, partition] of held) partition.draining = excess.includes(unit)
    await releaseDrained()
  }

  function drop(unit: string, partition: Held): void {
    partition.abort.abort()
    held.delete(unit)
  }

  async function releaseDrained(): Promise<void> {
    const idle = [...held].filter(([, partition]) => partition.draining && !partition.running)
    for (const [unit] of idle) held.delete(unit)
    await keeper?.release(idle.map(([unit]) => unit))
  }

  /** Starts batches where there is something new. */
  async function look(): Promise<void> {
    const free = concurrency - [...held.values()].filter(({ running }) => running).length
    if (paused || free <= 0) return
    const ends = new Map((await readEnds(pool, topics)).map((end) => [unitOf(end), BigInt(end.next_offset)]))
    const behind = [...held.values()].filter(
      (partition) => !partition.running && !partition.draining && (ends.get(unitOf(partition)) ?? 0n) > partition.nextOffset,
    )
    if (behind.length === 0) return
    const batches = await fetchDeliveries(pool, behind.slice(0, free), batchMax)
    for (const partition of behind.slice(0, free)) {
      if (held.get(unitOf(partition)) !== partition) continue
      const deliveries = batches.get(unitOf(partition))
      if (!deliveries) {
        // All below the end read before is committed, so what is not there was removed by retention.
        partition.nextOffset = ends.get(unitOf(partition)) ?? partition.nextOffset
        continue
      }
      held.delete(unitOf(partition))
      // Last in the map is last in line: a busy partition must not starve the others.
      held.set(unitOf(partition), partition)
      start(partition, deliveries)
    }
  }

  function start(partition: Held, deliveries: Delivery[]): void {
    partition.running = runBatch(partition, deliveries).finally(() => {
      partition.running = undefined
      if (deliveries.length >= batchMax) sleeper.wake()
    })
  }

  async function runBatch(partition: Held, deliveries: Delivery[]): Promise<void> {
    const signal = AbortSignal.any([partition.abort.signal, stopping.signal])
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await options.subscribe.onBatch(deliveries, signal)
        const nextOffset = deliveries.at(-1)!.offset + 1n
        await storeOffset(pool, group, { ...partition, nextOffset })
        partition.nextOffset = nextOffset
        return
      } catch (error) {
        if (signal.aborted) return
        log.warn({ err: error, group, unit: unitOf(partition), failures }, 'a batch of events failed; the partition waits and tries again')
        await pause(backoffMs(failures, 100, 5000), signal)
      }
    }
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        if (performance.now() >= beatAt) await beat()
        await look()
        failures = 0
      } catch (error) {
        failures += 1
        log.warn({ err: error, group, failures }, 'the event log cannot be read; trying again')
        if (performance.now() - renewedAt > SELF_FENCE_MS) for (const [unit, partition] of held) drop(unit, partition)
        await sleeper.sleep(backoffMs(failures, 100, 2000))
      }
      const busy = [...held.values()].some((partition) => partition.running)
      await sleeper.sleep(busy ? Math.min(BUSY_POLL_MS, pollMs) : pollMs)
    }
  }

  const running = run()
  return {
    lag: () => countLag(pool, group, topics),
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
      sleeper.wake()
    },
    async stop() {
      stopping.abort()
      sleeper.wake()
      await running
      await Promise.all([...held.values()].map((partition) => partition.running))
      await keeper?.leave().catch((error: unknown) => log.warn({ err: error, group }, 'leaving the consumer group failed; its leases will expire'))
    },
  }
}
