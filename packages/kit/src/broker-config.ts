import Type, { type Static } from 'typebox'

/** How Kafka is reached; read when `EVENT_TRANSPORT=kafka`. */
export const brokerConfigSchema = {
  /** Where the client asks first for the cluster's brokers: `kafka-1:9092,kafka-2:9092`. */
  KAFKA_BROKERS: Type.String({ pattern: '^([^\\s,:/]+:\\d{1,5}(,[^\\s,:/]+:\\d{1,5})*)?$', default: '' }),
  KAFKA_TLS: Type.Enum(['on', 'off'], { default: 'off' }),
  /** PEM of the authorities that sign the brokers' certificates; as `KAFKA_TLS_CA_FILE` mostly. Empty: those that Node knows. */
  KAFKA_TLS_CA: Type.String({ default: '' }),
  KAFKA_SASL_MECHANISM: Type.Enum(['none', 'scram-sha-256', 'scram-sha-512'], { default: 'none' }),
  KAFKA_SASL_USERNAME: Type.String({ default: '' }),
  KAFKA_SASL_PASSWORD: Type.String({ default: '' }),
}
const brokerSchema = Type.Object(brokerConfigSchema)

/** The part of the configuration that says how Kafka is reached. */
export type BrokerConfig = Static<typeof brokerSchema>

/** What of the variables contradicts each other. */
export function listBrokerProblems(values: Readonly<Record<string, unknown>>): string[] {
  if (values.EVENT_TRANSPORT !== 'kafka') return []
  const has = (name: keyof BrokerConfig) => values[name] !== undefined && values[name] !== ''
  const isSasl = has('KAFKA_SASL_MECHANISM') && values.KAFKA_SASL_MECHANISM !== 'none'
  const problems: string[] = []
  if (!has('KAFKA_BROKERS')) problems.push('KAFKA_BROKERS is missing: EVENT_TRANSPORT=kafka needs it')
  if (has('KAFKA_TLS_CA') && values.KAFKA_TLS !== 'on') problems.push('KAFKA_TLS_CA is given, but KAFKA_TLS is not on')
  for (const name of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const) {
    if (isSasl && !has(name)) problems.push(`${name} is missing: KAFKA_SASL_MECHANISM needs it`)
    if (!isSasl && has(name)) problems.push(`${name} is given, but KAFKA_SASL_MECHANISM is none`)
  }
  return problems
}
