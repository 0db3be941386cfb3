import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { afterAll, beforeAll } from 'vitest'
import { describeRestarts } from '../../packages/events/test/restarts.ts'
import type { Kafka } from '../../scripts/kafka/start-kafka.ts'
import { startOwnKafka } from './own-kafka.ts'

const log = { warn: () => undefined }
let kafka: Kafka
let victim = 0
const settings = () => ({ KAFKA_BROKERS: kafka.brokers })

beforeAll(async () => {
  kafka = await startOwnKafka(3)
})
afterAll(() => kafka.forget())

describeRestarts({
  name: 'kafka with three brokers, one of which is killed and stays away',
  makeTopic: async (name) => void (await applyTopics(settings(), [{ name, partitions: 8, retentionDays: 1 }])),
  connect: async () => createKafkaTransport({ settings: settings(), service: 'test', log }),
  async restart() {
    // Of the one killed before, this test knows nothing: two must always be there.
    if (victim > 0) await kafka.start(victim)
    victim += 1
    await kafka.end(victim, 'SIGKILL')
  },
})
