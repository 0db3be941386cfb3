import { createSleeper } from '../wait.ts'
import type { Delivery } from '../transport.ts'
import { fetchDeliveries, unitOf, type Position } from './fetch.ts'
import { readEnds, type EmbeddedLogOptions } from './topics.ts'

const BATCH_MAX = 500

/** Reads every partition from its present end into memory; resolves once the ends are known, so nothing later is missed. */
export async function createBroadcastReader(
  options: EmbeddedLogOptions & { topics: readonly string[]; onBatch: (deliveries: Delivery[]) => Promise<void> },
): Promise<{ stop(): Promise<void> }> {
  const { pool, topics, pollMs = 100 } = options
  const positions = new Map<string, Position>()
  for (const end of await readEnds(pool, topics)) positions.set(unitOf(end), { ...end, nextOffset: BigInt(end.next_offset) })
  const sleeper = createSleeper()
  let stopped = false

  async function readOnce(): Promise<boolean> {
    const behind = (await readEnds(pool, topics)).flatMap((end) => {
      const position = positions.get(unitOf(end))
      return position && BigInt(end.next_offset) > position.nextOffset ? [position] : []
    })
    if (behind.length === 0) return false
    const batches = await fetchDeliveries(pool, behind, BATCH_MAX)
    for (const position of behind) {
      const deliveries = batches.get(unitOf(position)) ?? []
      if (deliveries.length > 0) await options.onBatch(deliveries)
      const last = deliveries.at(-1)
      if (last) position.nextOffset = last.offset + 1n
    }
    return batches.size > 0
  }

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        if (await readOnce()) continue
      } catch (error) {
        options.log.warn({ err: error, topics }, 'reading the event log failed; trying again')
      }
      await sleeper.sleep(pollMs)
    }
  }

  const running = run()
  return {
    async stop() {
      stopped = true
      sleeper.wake()
      await running
    },
  }
}
