import { readFigure, type Lifecycle } from '@alcove/kit'
import { Gauge, type Registry } from 'prom-client'
import { countDeadLetters } from './dead-letters.ts'
import { createInbox, type InboxOptions } from './inbox.ts'
import type { Subscription, Transport } from './transport.ts'

/** Options of {@link createConsumer}. */
export interface ConsumerOptions extends InboxOptions {
  /** The consumer group: every replica of a service is a member of one. */
  service: string
  transport: Transport
  metrics?: Registry
}

/** The durable consumer of one process. */
export interface Consumer extends Lifecycle {
  /** Events of the subscribed topics that the service has not handled yet. */
  lag(): Promise<number>
  deadLetterCount(): Promise<number>
  start(): Promise<void>
  stop(): Promise<void>
  pause(): void
  resume(): void
}

/**
 * Hands the events that the service subscribes to to their handlers: exactly one effect each, in order per key.
 * What is not available is waited for, never given up; five failures of another kind or poison → `dead_letter`,
 * and the other keys go on.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const inbox = createInbox(options)
  const topics = [...new Set(options.handlers.map(({ topic }) => topic as string))].sort()
  let subscription: Subscription | undefined
  let paused = false
  const consumer: Consumer = {
    name: 'consumer',
    phase: 'consumer',
    lag: async () => (subscription ? subscription.lag() : 0),
    deadLetterCount: () => countDeadLetters(options.pool),
    async start() {
      if (topics.length === 0 || subscription) return
      subscription = await options.transport.subscribe({
        group: options.service,
        topics,
        // Enough fetched ahead for transactions that take many, and no more: it lies in memory.
        batchMax: Math.max(100, Math.ceil((options.togetherMax ?? 0) / 2)),
        // They share the inbox's transactions, and one that waits for something never holds up another.
        concurrency: Number.POSITIVE_INFINITY,
        onBatch: (deliveries, signal) => inbox.process(deliveries, signal),
      })
      if (paused) subscription.pause()
    },
    async stop() {
      await subscription?.stop()
      subscription = undefined
    },
    pause() {
      paused = true
      subscription?.pause()
    },
    resume() {
      paused = false
      subscription?.resume()
    },
  }
  if (options.metrics) registerMetrics(options.metrics, consumer)
  return consumer
}

function registerMetrics(registry: Registry, consumer: Consumer): void {
  new Gauge({
    name: 'alcove_consumer_lag',
    help: 'Events of the subscribed topics that are not handled yet',
    registers: [registry],
    async collect() {
      this.set(await readFigure(() => consumer.lag()))
    },
  })
  new Gauge({
    name: 'alcove_dead_letters',
    help: 'Events that could not be handled and wait for a decision',
    registers: [registry],
    async collect() {
      this.set(await readFigure(() => consumer.deadLetterCount()))
    },
  })
}
