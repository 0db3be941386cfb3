import { findFreePorts } from '@alcove/testing/free-ports'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka, type Kafka, type KafkaOptions } from '../../scripts/kafka/start-kafka.ts'

/** Brokers that one test file may crash; `forget()` leaves nothing of them. */
export async function startOwnKafka(brokers: number, options: Pick<KafkaOptions, 'security'> = {}): Promise<Kafka> {
  const dir = mkdtempSync(join(tmpdir(), 'alcove-kafka-'))
  return startKafka({ ...options, dir, ports: await findFreePorts(3 * brokers) })
}
