import { Partitioners } from 'kafkajs'
import type { Message } from '../transport.ts'
import { createClient, toKafkaTopic, type KafkaSettings } from './client.ts'
import { createConnection } from './connection.ts'

/** Shorter than the relay's lease (6 s): what is still under way by then would meet its successor's. */
const SEND_LIMIT_MS = 4500
const ACK_LIMIT_MS = 3000
/** Half of what a topic takes in one batch of a partition (1 MiB unless set otherwise); all may have one key. */
const BATCH_BYTES_MAX = 512 * 1024

/** The Kafka binding of CloudEvents tells the structured mode by this header. */
const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=UTF-8' }

/** Sends with `acks=-1`, each part after the one before is acknowledged, so that the order per key holds whatever fails. */
export function createPublisher(settings: KafkaSettings) {
  const kafka = createClient(settings, ACK_LIMIT_MS)
  // Never idempotent: kafkajs's idempotent producer loses acknowledged messages when a broker dies. The inbox removes repeats.
  const connection = createConnection(SEND_LIMIT_MS, () =>
    kafka.producer({
      idempotent: false,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      maxInFlightRequests: 1,
      retry: { initialRetryTime: 100, maxRetryTime: 400, retries: 5 },
    }),
  )
  return {
    async publish(topic: string, messages: readonly Message[]): Promise<void> {
      for (const part of splitBySize(messages)) {
        const records = part.map(({ key, value }) => ({ key, value, headers: STRUCTURED }))
        const batch = { topic: toKafkaTopic(topic), acks: -1, timeout: ACK_LIMIT_MS, messages: records }
        await connection.use(`publishing to ${topic}`, (producer) => producer.send(batch))
      }
    },
    close: () => connection.close(),
  }
}

function splitBySize(messages: readonly Message[]): Message[][] {
  const parts: Message[][] = []
  let bytes = Infinity
  for (const message of messages) {
    const size = Buffer.byteLength(message.value)
    if (bytes + size > BATCH_BYTES_MAX) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(message)
    bytes += size
  }
  return parts
}
