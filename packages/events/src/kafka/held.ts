import type { Delivery } from '../transport.ts'

/** A partition that this member holds: what is fetched and not handled yet, and where it stands. */
export interface Held {
  readonly unit: string
  /** Kafka's name. */
  readonly topic: string
  readonly partition: number
  queue: Delivery[]
  /** Characters of the values in the queue and of those under way. */
  length: number
  /** Everything below is in the queue or handled; a rejoin fetches it again. */
  nextOffset: bigint
  /** Everything below is handled. */
  doneOffset: bigint
  /** Everything below is stored as the group's position. */
  storedOffset: bigint
  /** The deliveries of the try under way or to be repeated. */
  current?: Delivery[]
  running?: Promise<void>
  /** Failed tries of the same deliveries; between two of them the partition waits. */
  failures: number
  waiting: boolean
  /** Not fetched: the queue is long enough. */
  paused: boolean
  readonly abort: AbortController
}

/** The name of a partition within its member. */
export function unitOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

export function createHeld(topic: string, partition: number, offset: bigint): Held {
  return {
    unit: unitOf(topic, partition),
    topic,
    partition,
    queue: [],
    length: 0,
    nextOffset: offset,
    doneOffset: offset,
    storedOffset: offset,
    failures: 0,
    waiting: false,
    paused: false,
    abort: new AbortController(),
  }
}

/** Takes what was fetched into the queue, without what stands there already. */
export function enqueue(held: Held, deliveries: readonly Delivery[]): void {
  const first = deliveries[0]
  if (!first) return
  // Nothing below the stored position is ever fetched again, unless the topic was made anew: its offsets begin again.
  const isNewLog = first.offset < held.storedOffset
  const fresh = isNewLog ? deliveries : deliveries.filter(({ offset }) => offset >= held.nextOffset)
  held.queue.push(...fresh)
  held.length += lengthOf(fresh)
  held.nextOffset = deliveries.at(-1)!.offset + 1n
}

/** The deliveries under way are handled. */
export function finish(held: Held, deliveries: readonly Delivery[]): void {
  held.current = undefined
  held.failures = 0
  held.doneOffset = deliveries.at(-1)!.offset + 1n
  held.length -= lengthOf(deliveries)
}

/** Characters of the values. */
export function lengthOf(deliveries: readonly Delivery[]): number {
  let length = 0
  for (const { value } of deliveries) length += value.length
  return length
}
