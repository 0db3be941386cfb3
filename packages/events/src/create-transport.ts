import { createPool } from '@alcove/database'
import type { Logger } from '@alcove/kit'
import type { KafkaSettings } from './kafka/client.ts'
import { createEmbeddedLog } from './log/embedded-log.ts'
import type { Transport } from './transport.ts'

/** What {@link createTransport} reads of the configuration. */
export interface TransportConfig extends Partial<KafkaSettings> {
  EVENT_TRANSPORT: string
  EVENT_LOG_DATABASE_URL?: string
}

/** The transport that the configuration names. Opens no connection yet; a send ends within 5 s. */
export function createTransport(config: TransportConfig, service: string, log: Pick<Logger, 'warn'>): Transport {
  if (config.EVENT_TRANSPORT === 'kafka') {
    if (!config.KAFKA_BROKERS) throw new Error('EVENT_TRANSPORT=kafka needs KAFKA_BROKERS')
    const settings = { ...config, KAFKA_BROKERS: config.KAFKA_BROKERS }
    return createLateTransport(async () => (await import('./kafka/kafka-transport.ts')).createKafkaTransport({ settings, service, log }))
  }
  if (!config.EVENT_LOG_DATABASE_URL) throw new Error('EVENT_TRANSPORT=embedded needs EVENT_LOG_DATABASE_URL')
  // The send's timeout is shorter than the relay's lease (6 s).
  const pool = createPool({ url: config.EVENT_LOG_DATABASE_URL, max: 4, statementTimeoutMs: 3000, applicationName: 'event-log' })
  return createEmbeddedLog({ pool, log })
}

/** A transport that is loaded when first used: nobody pays for kafkajs who does not speak with Kafka. */
function createLateTransport(load: () => Promise<Transport>): Transport {
  let loading: Promise<Transport> | undefined
  const get = () => (loading ??= load())
  return {
    publish: async (topic, messages) => (await get()).publish(topic, messages),
    subscribe: async (options) => (await get()).subscribe(options),
    broadcast: async (options) => (await get()).broadcast(options),
    check: async () => (await get()).check(),
    removeExpired: async () => (await get()).removeExpired(),
    close: async () => (await loading)?.close(),
  }
}
