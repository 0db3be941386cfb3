import type { CloudEvent, EventType, Topic } from '@alcove/contracts'
import type { Lifecycle, Logger } from '@alcove/kit'
import type { Registry } from 'prom-client'
import { assertSubscriptions, handledCounter } from './declared.ts'
import { assertKnown, readEnvelope } from './envelope.ts'
import type { Delivery, Transport } from './transport.ts'

/** Options of {@link createBroadcast}. */
export interface BroadcastOptions {
  /** Whose `service.yaml` declares these types with mode `broadcast`. */
  service: string
  transport: Transport
  types: readonly EventType[]
  metrics?: Registry
  log: Pick<Logger, 'warn'>
  /** Called with every event of these types in order; must not throw, nothing is repeated. */
  onEvent: (event: CloudEvent, topic: Topic) => void | Promise<void>
}

/**
 * Reads every partition from the tail into this process's memory: revocations, cache invalidation. `start` resolves
 * when nothing published afterwards can be missed; messages that are not valid are logged and passed over.
 * @throws where the types are not what `service.yaml` declares
 */
export function createBroadcast(options: BroadcastOptions): Lifecycle & { start(): Promise<void>; stop(): Promise<void> } {
  const { service, transport, types, log } = options
  assertSubscriptions(service, types, 'broadcast')
  const topics = [...new Set(types.map(({ topic }) => topic))]
  const handled = options.metrics && handledCounter(options.metrics)
  let reader: { stop(): Promise<void> } | undefined

  async function deliver(delivery: Delivery): Promise<void> {
    try {
      const event = readEnvelope(delivery.value)
      assertKnown(delivery.topic, event)
      if (!types.some(({ topic, type }) => topic === delivery.topic && type === event.type)) return
      await options.onEvent(event, delivery.topic as Topic)
      handled?.inc({ topic: delivery.topic, type: event.type })
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
