import { graph, listTopics } from '@alcove/graph'
import { Parser } from '@asyncapi/parser'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { buildAsyncApi, listEventTypes, matchesType, topics } from '../src/index.ts'

const document = buildAsyncApi({ version: '1.2.3', topics: listTopics() })
type Json = Record<string, unknown>
const messages = Object.entries(document.components.messages)

test('is valid AsyncAPI 3 by the official parser', async () => {
  const { diagnostics, document: parsed } = await new Parser().parse(structuredClone(document) as never)
  expect(diagnostics.filter(({ severity }) => severity <= 1)).toEqual([])
  expect(parsed?.version()).toBe('3.0.0')
  expect(parsed?.channels().all()).toHaveLength(topics.length)
})

test('every topic has a channel with its producer, partitions and retention', () => {
  expect(Object.keys(document.channels).sort()).toEqual([...topics].sort())
  for (const { name, partitions, retentionDays } of listTopics()) {
    const channel = document.channels[name]!
    expect(channel.address).toBe(`alcove.${name}`)
    expect((channel.bindings as Json).kafka).toMatchObject({ partitions, topicConfiguration: { 'retention.ms': retentionDays * 86_400_000 } })
  }
})

test('every event type stands on its topic and nowhere else', () => {
  for (const topic of topics) {
    expect(Object.keys(document.channels[topic]!.messages as Json)).toEqual(listEventTypes(topic).map(({ type }) => type))
  }
})

test('operations are the edges of the graph with the types that each subscription takes', () => {
  const sends = graph.flatMap(({ name, produces }) => (produces ? [`${name}.send.${produces}`] : []))
  const receives = graph.flatMap(({ name, consumes }) => Object.keys(consumes).map((topic) => `${name}.receive.${topic}`))
  expect(Object.keys(document.operations).sort()).toEqual([...sends, ...receives].sort())
  const gateway = document.operations['gateway.receive.account']!
  expect(gateway.messages).toEqual(
    graph
      .find(({ name }) => name === 'gateway')!
      .consumes.account!.types.map((type) => ({ $ref: `#/channels/account/messages/${type}` }))
      .sort(byRank('account')),
  )
  expect(document.operations['reporting.receive.booking']!.messages).toHaveLength(listEventTypes('booking').length)
})

const byRank = (topic: (typeof topics)[number]) => (left: { $ref: string }, right: { $ref: string }) => {
  const rank = ({ $ref }: { $ref: string }) => listEventTypes(topic).findIndex(({ type }) => $ref.endsWith(`/${type}`))
  return rank(left) - rank(right)
}

test('every message is a CloudEvent with an example that its own payload accepts', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'doc', components: document.components })
  for (const [name, message] of messages) {
    expect(message.contentType).toBe('application/cloudevents+json')
    const payload = JSON.parse(JSON.stringify(message.payload).replaceAll('"#/', '"doc#/')) as object
    const [example] = message.examples as { payload: Json }[]
    expect(ajv.validate(payload, example!.payload), `${name}: ${JSON.stringify(ajv.errors)}`).toBe(true)
    expect(ajv.validate(payload, { ...example!.payload, type: 'other.type.v1' }), name).toBe(false)
    const { data: _data, ...withoutData } = example!.payload
    expect(ajv.validate(payload, withoutData), name).toBe(false)
  }
})

describe('patterns', () => {
  test.each([
    ['*', 'audit.recorded.v1', true],
    ['booking.*', 'booking.confirmed.v1', true],
    ['booking.*', 'audit.recorded.v1', false],
    ['booking.confirmed.v1', 'booking.confirmed.v1', true],
    ['booking.confirmed.v1', 'booking.confirmed.v12', false],
  ])('%s takes %s: %s', (pattern, type, taken) => {
    expect(matchesType(pattern, type)).toBe(taken)
  })
})
