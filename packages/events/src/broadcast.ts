import type { CloudEvent, Topic } from '@alcove/contracts'
import type { Lifecycle, Logger } from '@alcove/kit'
import { assertKnown, readEnvelope } from './handlers.ts'
import type { Delivery, Transport } from './transport.ts'

/** Options of {@link createBroadcast}. */
export interface BroadcastOptions {
  transport: Transport
  topics: readonly Topic[]
  log: Pick<Logger, 'warn'>
  /** Called with every event in order; must not throw, nothing is repeated. */
  onEvent: (event: CloudEvent, topic: Topic) => void | Promise<void>
}

/**
 * Reads every partition from the tail into this process's memory: revocations, cache invalidation. `start` resolves
 * when nothing published afterwards can be missed; messages that are not valid are logged and passed over.
 */
export function createBroadcast(options: BroadcastOptions): Lifecycle & { start(): Promise<void>; stop(): Promise<void> } {
  const { transport, topics, log } = options
  let reader: { stop(): Promise<void> } | undefined

  async function deliver(delivery: Delivery): Promise<void> {
    try {
      const event = readEnvelope(delivery.value)
      assertKnown(delivery.topic, event)
      await options.onEvent(event, delivery.topic as Topic)
    } catch (error) {
      log.warn({ err: error, topic: delivery.topic }, 'a broadcast event was passed over')
    }
  }

  return {
    name: 'broadcast',
    // Requests are judged by what it brings to the end.
    phase: 'request',
    async start() {
      reader ??= await transport.broadcast({
        topics,
        onBatch: async (deliveries) => {
          for (const delivery of deliveries) await deliver(delivery)
        },
      })
    },
    async stop() {
      await reader?.stop()
      reader = undefined
    },
  }
}
