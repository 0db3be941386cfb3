/** One message of a topic: the key decides the partition, the value is a CloudEvent in structured JSON. */
export interface Message {
  key: string
  value: string
}

/** A message as a consumer gets it. */
export interface Delivery extends Message {
  topic: string
  partition: number
  offset: bigint
}

/** Deliveries of one partition in their order; `signal` aborts when the partition must be given up or the process stops. */
export type BatchHandler = (deliveries: Delivery[], signal: AbortSignal) => Promise<void>

/** Options of {@link Transport.subscribe}. */
export interface Subscribe {
  /** Members of a group share the partitions; its positions are stored. A new group reads from the beginning. */
  group: string
  topics: readonly string[]
  /** Most deliveries in one call; default 100. */
  batchMax?: number
  /** Most partitions handled at once; default 4. */
  concurrency?: number
  /** Resolved: the deliveries are done for good. Rejected: the same ones come again after a pause. */
  onBatch: BatchHandler
}

/** A running subscription. */
export interface Subscription {
  /** Messages of the group's topics that no member has finished, over all partitions. */
  lag(): Promise<number>
  pause(): void
  resume(): void
  /** Lets running batches end, stores positions and gives the partitions to the other members. */
  stop(): Promise<void>
}

/**
 * What carries events between services. Per key in order, at least once. Implementations pass one conformance
 * suite; nothing outside an implementation knows which one runs.
 */
export interface Transport {
  /** Resolves when every message is durable; rejected: none or some are, publish all again. */
  publish(topic: string, messages: readonly Message[]): Promise<void>
  subscribe(options: Subscribe): Promise<Subscription>
  /** Every process reads every partition from the tail at the time of the call; nothing is stored. */
  broadcast(options: { topics: readonly string[]; onBatch: (deliveries: Delivery[]) => Promise<void> }): Promise<{ stop(): Promise<void> }>
  /** Throws when the transport cannot be reached. */
  check(): Promise<void>
  /** Removes what is older than the retention time (14 days); returns how many messages. */
  removeExpired(): Promise<number>
  close(): Promise<void>
}
