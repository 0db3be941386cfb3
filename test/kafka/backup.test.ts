import { applyTopics, createKafkaTransport } from '@alcove/events/kafka'
import { listTopics } from '@alcove/graph'
import { describeBackup } from '../../packages/events/test/backup.ts'
import { startOwnKafka } from './own-kafka.ts'

async function openPlace() {
  const kafka = await startOwnKafka(1)
  const settings = { KAFKA_BROKERS: kafka.brokers }
  await applyTopics(settings, listTopics())
  const transport = createKafkaTransport({ settings, service: 'reporting', log: { warn: () => undefined } })
  const close = async () => {
    await transport.close()
    await kafka.forget()
  }
  return { env: { EVENT_TRANSPORT: 'kafka', ...settings }, transport, close }
}

describeBackup({
  name: 'kafka',
  async open() {
    const [old, fresh] = [await openPlace(), await openPlace()]
    return { old, fresh, close: async () => void (await Promise.all([old.close(), fresh.close()])) }
  },
})
