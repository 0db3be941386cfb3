import type { createLeaseKeeper } from '../leases.ts'
import type { Delivery } from '../transport.ts'
import { unitOf, type Position } from './fetch.ts'
import { readOffsets } from './offsets.ts'
import type { EmbeddedLogOptions } from './topics.ts'

/** A partition that this member holds. */
export interface Held extends Position {
  /** The running batch; the partition is fetched again when it ends. */
  running?: Promise<void>
  /** The deliveries of a failed try, to be repeated when the wait is over. */
  again?: Delivery[]
  /** Deliveries under way or to be repeated. */
  length: number
  failures: number
  waiting: boolean
  /** To be given to another member once idle. */
  draining: boolean
  abort: AbortController
}

/** The partitions of one member of a group, by lease unit. The order of the map is whose turn it is. */
export type HeldPartitions = Map<string, Held>

/** Renews the leases and brings the partitions in line with them: lost ones are aborted, new ones begin at the group's position. */
export async function renewHeld(
  held: HeldPartitions,
  options: { keeper: ReturnType<typeof createLeaseKeeper>; pool: EmbeddedLogOptions['pool']; group: string },
): Promise<void> {
  const { keeper, pool, group } = options
  const { held: leased, excess } = await keeper.beat()
  for (const [unit, partition] of held) if (!leased.includes(unit)) dropHeld(held, unit, partition)
  const fresh = leased.filter((unit) => !held.has(unit))
  for (const position of await readOffsets(pool, group, fresh))
    held.set(unitOf(position), { ...position, length: 0, failures: 0, waiting: false, draining: false, abort: new AbortController() })
  for (const [unit, partition] of held) partition.draining = excess.includes(unit)
  const idle = [...held].filter(([, partition]) => partition.draining && !partition.running).map(([unit]) => unit)
  for (const unit of idle) held.delete(unit)
  await keeper.release(idle)
}

/** Gives a partition up at once: somebody else may hold it by now. */
export function dropHeld(held: HeldPartitions, unit: string, partition: Held): void {
  partition.abort.abort()
  held.delete(unit)
}
