import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { afterAll, beforeAll } from 'vitest'
import { describeRestarts } from '../../packages/events/test/restarts.ts'
import type { Kafka } from '../../scripts/kafka/start-kafka.ts'
import { startOwnKafka } from './own-kafka.ts'

const log = { warn: () => undefined }
let kafka: Kafka
const settings = () => ({ KAFKA_BROKERS: kafka.brokers })

beforeAll(async () => {
  kafka = await startOwnKafka(1)
})
afterAll(() => kafka.forget())

describeRestarts({
  name: 'kafka',
  makeTopic: async (name) => void (await applyTopics(settings(), [{ name, partitions: 8, retentionDays: 1 }])),
  connect: async () => createKafkaTransport({ settings: settings(), service: 'test', log }),
  async restart() {
    await kafka.end(1, 'SIGKILL')
    await kafka.start(1)
  },
})
