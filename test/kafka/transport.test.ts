import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { inject } from 'vitest'
import { describeTransport } from '../../packages/events/test/conformance.ts'

const settings = { KAFKA_BROKERS: inject('kafkaBrokers') }
const log = { warn: () => undefined }

describeTransport({
  name: 'kafka',
  makeTopic: async (name) => void (await applyTopics(settings, [{ name, partitions: 8, retentionDays: 1 }])),
  connect: async () => createKafkaTransport({ settings, service: 'test', log }),
})
