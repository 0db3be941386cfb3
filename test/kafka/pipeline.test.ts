import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { inject } from 'vitest'
import { describePipeline } from '../../packages/events/test/pipeline.ts'

const settings = { KAFKA_BROKERS: inject('kafkaBrokers') }

describePipeline({
  name: 'kafka',
  env: () => ({ EVENT_TRANSPORT: 'kafka', ...settings }),
  makeTopic: async (name) => void (await applyTopics(settings, [{ name, partitions: 8, retentionDays: 1 }])),
  connect: async () => createKafkaTransport({ settings, service: 'test', log: { warn: () => undefined } }),
})
