import { loadBrokerConfig, type BrokerConfig } from '@alcove/kit'
import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs'

/** What the adapter reads of the configuration. */
export type KafkaSettings = Pick<BrokerConfig, 'KAFKA_BROKERS'> & Partial<BrokerConfig>

/**
 * Reads the `KAFKA_*` variables, for programs that are no service.
 * @throws {ConfigError} listing all problems at once
 */
export function readBrokerSettings(env: Record<string, string | undefined>): KafkaSettings {
  return loadBrokerConfig(env)
}

/** Kafka's names of topics begin with this. */
const PREFIX = 'alcove.'

export const toKafkaTopic = (name: string) => `${PREFIX}${name}`
export const fromKafkaTopic = (name: string) => name.slice(PREFIX.length)

/**
 * A kafkajs client. Its own retries are short: whoever uses it here begins anew with a fresh connection instead, for
 * ever, because a client that has seen a broken cluster or a deleted topic may stay spoilt.
 */
export function createClient(settings: KafkaSettings, requestTimeoutMs: number): Kafka {
  return new Kafka({
    clientId: 'alcove',
    brokers: settings.KAFKA_BROKERS.split(',').map((broker) => broker.trim()),
    ...readSecurity(settings),
    connectionTimeout: 2000,
    authenticationTimeout: 5000,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 2 },
    // Every failure comes back as an error and is logged once, by whoever called.
    logLevel: logLevel.NOTHING,
  })
}

function readSecurity(settings: KafkaSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { KAFKA_TLS_CA: ca, KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username = '', KAFKA_SASL_PASSWORD: password = '' } = settings
  const ssl = settings.KAFKA_TLS === 'on' ? (ca ? { ca: [ca] } : true) : undefined
  const sasl = mechanism && mechanism !== 'none' ? ({ mechanism, username, password } as SASLOptions) : undefined
  return { ssl, sasl }
}

/** Settles as the work does, or rejects when that takes too long; the work itself goes on unheeded. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
