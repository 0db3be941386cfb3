import type { Transport } from '../transport.ts'
import { createKafkaAdmin } from './admin.ts'
import { createBroadcastReader } from './broadcast.ts'
import type { KafkaSettings } from './client.ts'
import { createPublisher } from './publisher.ts'
import { createSubscription } from './subscription.ts'

/** Options of {@link createKafkaTransport}. */
export interface KafkaTransportOptions {
  settings: KafkaSettings
  /** Whose process this is. */
  service: string
  log: { warn(fields: object, message: string): void }
}

/**
 * Kafka behind the transport interface (decision 14). Opens no connection yet. A broker that is away, at the start or
 * later, is waited for by subscriptions and broadcasts and refuses everything else within seconds.
 */
export function createKafkaTransport({ settings, service, log }: KafkaTransportOptions): Transport {
  const publisher = createPublisher(settings)
  const admin = createKafkaAdmin(settings)
  return {
    publish: (topic, messages) => publisher.publish(topic, messages),
    subscribe: async (subscribe) => createSubscription({ settings, admin, log, subscribe }),
    broadcast: (broadcast) => createBroadcastReader({ settings, admin, service, log, ...broadcast }),
    check: () => admin.check(),
    // The broker does it by itself: the topics carry their retention.
    removeExpired: async () => 0,
    async close() {
      await Promise.all([publisher.close(), admin.close()])
    },
  }
}
