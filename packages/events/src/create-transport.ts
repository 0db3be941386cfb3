import { createPool } from '@alcove/database'
import type { Logger } from '@alcove/kit'
import type { KafkaSettings } from './kafka/client.ts'
import { createKafkaTransport } from './kafka/kafka-transport.ts'
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
    return createKafkaTransport({ settings: { ...config, KAFKA_BROKERS: config.KAFKA_BROKERS }, service, log })
  }
  if (!config.EVENT_LOG_DATABASE_URL) throw new Error('EVENT_TRANSPORT=embedded needs EVENT_LOG_DATABASE_URL')
  // The send's timeout is shorter than the relay's lease (6 s).
  const pool = createPool({ url: config.EVENT_LOG_DATABASE_URL, max: 4, statementTimeoutMs: 3000, applicationName: 'event-log' })
  return createEmbeddedLog({ pool, log })
}
