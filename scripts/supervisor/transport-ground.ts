import { applyTopics, readBrokerSettings } from '@alcove/events/kafka'
import { listTopics } from '@alcove/graph'
import { keepKafka } from './kafka-keeper.ts'
import type { Layout } from './layout.ts'
import type { BrokerControl, StackOptions } from './types.ts'

/** What carries the events of a stack. */
export interface TransportGround {
  /** Environment of every service. */
  readonly env: Readonly<Record<string, string>>
  /** Of a broker that this stack has started. */
  readonly broker?: BrokerControl
  end(): Promise<void>
}

/** Starts a broker when one is asked for and none was given, and makes its topics. */
export async function prepareTransport(options: StackOptions, layout: Layout, ports: readonly number[]): Promise<TransportGround> {
  if (options.transport !== 'kafka') return { env: { EVENT_TRANSPORT: 'embedded' }, end: async () => undefined }
  if (options.kafka) return useKafka(options.kafka)
  options.onProgress?.('starting Kafka')
  const keeper = await keepKafka({ dir: layout.kafkaDir, ports, tether: false })
  try {
    return { ...(await useKafka({ KAFKA_BROKERS: keeper.brokers })), broker: keeper, end: () => keeper.end() }
  } catch (error) {
    await keeper.end()
    throw error
  }
}

async function useKafka(env: Readonly<Record<string, string>>): Promise<TransportGround> {
  await applyTopics(readBrokerSettings(env), listTopics())
  return { env: { ...env, EVENT_TRANSPORT: 'kafka' }, end: async () => undefined }
}
