import type { Delivery, Transport } from '../src/index.ts'

/** The transport with topics of its own under the products' names, so that tests on a shared broker never meet. */
export function renameTopics(transport: Transport, suffix: string): Transport {
  const own = (topic: string) => `${topic}-${suffix}`
  const toProduct = (deliveries: readonly Delivery[]) => deliveries.map((delivery) => ({ ...delivery, topic: delivery.topic.slice(0, -suffix.length - 1) }))
  return {
    ...transport,
    publish: (topic, messages) => transport.publish(own(topic), messages),
    subscribe: ({ topics, onBatch, ...rest }) =>
      transport.subscribe({ ...rest, topics: topics.map(own), onBatch: (deliveries, signal) => onBatch(toProduct(deliveries), signal) }),
    broadcast: ({ topics, onBatch }) => transport.broadcast({ topics: topics.map(own), onBatch: (deliveries) => onBatch(toProduct(deliveries)) }),
  }
}
