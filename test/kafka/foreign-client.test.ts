import { bookingCreated, bookingConfirmed } from '@alcove/contracts'
import { createRelay, writeEvent } from '@alcove/events'
import { applyTopics, checkTopics, createKafkaTransport } from '@alcove/events/kafka'
import { listTopics } from '@alcove/graph'
import { createTestDatabase, waitFor, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Kafka } from '../../scripts/kafka/start-kafka.ts'
import { startOwnKafka } from './own-kafka.ts'

const log = { warn: () => undefined }
let kafka: Kafka
let database: TestDatabase

beforeAll(async () => {
  ;[kafka, database] = await Promise.all([startOwnKafka(1), createTestDatabase('none')])
})
afterAll(async () => {
  await database.drop()
  await kafka.forget()
})

describe('a client of another make', () => {
  it('finds the topics of the graph and reads CloudEvents with key and content type from them', async () => {
    const settings = { KAFKA_BROKERS: kafka.brokers }
    expect(await checkTopics(settings, listTopics())).toEqual(listTopics().map(({ name }) => `alcove.${name} is missing`))
    expect(await applyTopics(settings, listTopics())).toHaveLength(listTopics().length)
    expect(await applyTopics(settings, listTopics())).toEqual([])
    expect(await checkTopics(settings, listTopics())).toEqual([])
    const [first] = listTopics()
    expect(await checkTopics(settings, [{ ...first!, partitions: 1, retentionDays: 3 }])).toEqual([
      `alcove.${first!.name} has ${first!.partitions} partitions and the graph says 1: keys would move`,
      `alcove.${first!.name} has retention.ms ${first!.retentionDays * 86_400_000} instead of 259200000`,
    ])
    const keys = Array.from({ length: 10 }, () => crypto.randomUUID())
    for (const type of [bookingCreated, bookingConfirmed]) {
      for (const key of keys) await writeEvent(database.pool, type, { key, data: { ...type.example, bookingId: key } as typeof type.example, now: new Date() })
    }
    const transport = createKafkaTransport({ settings, service: 'booking', log })
    const relay = createRelay({ pool: database.pool, transport, service: 'booking', log })
    await relay.start()
    await waitFor(async () => (await database.pool.query('SELECT 1 FROM outbox')).rowCount === 0, { timeoutMs: 60_000 })
    await relay.stop()
    await transport.close()

    const limits = ['--from-beginning', '--max-messages', '20', '--timeout-ms', '60000']
    const shown = ['print.key=true', 'print.headers=true', 'key.separator=|', 'headers.separator=;'].flatMap((one) => ['--formatter-property', one])
    const output = await kafka.runTool('kafka-console-consumer', ['--topic', 'alcove.booking', ...limits, ...shown])
    const records = output
      .trim()
      .split('\n')
      .map((line) => line.split('|') as [headers: string, key: string, value: string])
    expect(records.map(([, key]) => key).sort()).toEqual([...keys, ...keys].sort())
    for (const [headers, key, value] of records) {
      expect(headers).toBe('content-type:application/cloudevents+json; charset=UTF-8')
      const event = JSON.parse(value)
      expect(event).toMatchObject({ specversion: '1.0', source: '/alcove/booking', subject: key, datacontenttype: 'application/json' })
      expect(event.id).toMatch(/^[0-9a-f-]{36}$/)
      expect(new Date(event.time).toISOString()).toBe(event.time)
      expect(event.data.bookingId).toBe(key)
    }
    for (const key of keys) {
      const types = records.filter(([, of]) => of === key).map(([, , value]) => JSON.parse(value).type)
      expect(types).toEqual(['booking.created.v1', 'booking.confirmed.v1'])
    }
  })
})
