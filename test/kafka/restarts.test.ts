import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { waitFor } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRestarts, publishUntilTaken } from '../../packages/events/test/restarts.ts'
import type { Kafka } from '../../scripts/kafka/start-kafka.ts'
import { startOwnKafka } from './own-kafka.ts'

const log = { warn: () => undefined }
const LIMIT_MS = 120_000
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

describe('a topic that is deleted and made anew', () => {
  it('spoils neither the producer, nor other topics, nor the group that reads it', async () => {
    const make = (name: string) => applyTopics(settings(), [{ name, partitions: 8, retentionDays: 1 }])
    await Promise.all(['doomed', 'lasting'].map(make))
    const transport = createKafkaTransport({ settings: settings(), service: 'test', log })
    const got: string[] = []
    const onBatch = async (batch: { value: string }[]) => void got.push(...batch.map(({ value }) => value))
    const subscription = await transport.subscribe({ group: 'reader', topics: ['doomed', 'lasting'], onBatch })
    const send = (topic: string, value: string) => publishUntilTaken(transport, topic, [{ key: 'k', value }])
    for (const value of ['1', '2', '3']) await send('doomed', value)
    await waitFor(() => got.includes('3'), { timeoutMs: LIMIT_MS })
    await kafka.runTool('kafka-topics', ['--delete', '--topic', 'alcove.doomed'])
    await send('lasting', 'while it is gone')
    await expect(transport.publish('doomed', [{ key: 'k', value: 'to nobody' }])).rejects.toThrow()
    await send('lasting', 'after a refusal')
    await waitFor(async () => (await make('doomed')).length > 0, { timeoutMs: LIMIT_MS })
    await send('doomed', 'anew')
    await waitFor(() => ['while it is gone', 'after a refusal', 'anew'].every((value) => got.includes(value)), { timeoutMs: LIMIT_MS, what: 'all to be read' })
    await subscription.stop()
    await transport.close()
  })
})
