import { bookingCreated, type CloudEvent } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messageBytesMax, onEvent, type Consumer } from '../src/index.ts'
import { build, createConsumerFixture, record, type ConsumerFixture } from './consumer-fixture.ts'

let fixture: ConsumerFixture
let consumer: Consumer

beforeAll(async () => {
  fixture = await createConsumerFixture()
  // The second handler subscribes to all of the topic, as payment and reporting do: it meets types nobody knows.
  consumer = await fixture.startConsumer([record, onEvent({ topic: 'booking', type: 'booking.*' }, async () => undefined)])
})
afterAll(() => fixture?.close())

const changed = (key: string, change: Record<string, unknown>) => JSON.stringify({ ...build(key), ...change })
const lacking = (key: string, member: keyof CloudEvent) => {
  const { [member]: _, ...rest } = build(key)
  return JSON.stringify(rest)
}
const data = bookingCreated.example

describe('a message nobody can read is a dead letter with the reason, and blocks nobody', () => {
  it.each<[what: string, code: string, message: (key: string) => string, error: RegExp]>([
    ['text', 'not-json', () => 'hello', /not JSON/],
    ['cut JSON', 'not-json', (key) => changed(key, {}).slice(0, -1), /not JSON/],
    ['nothing', 'not-json', () => '', /not JSON/],
    ['null', 'not-cloudevents', () => 'null', /CloudEvent 1\.0/],
    ['a list', 'not-cloudevents', () => '[1]', /CloudEvent 1\.0/],
    ['bare data', 'not-cloudevents', () => JSON.stringify(data), /CloudEvent 1\.0/],
    ['another specversion', 'not-cloudevents', (key) => changed(key, { specversion: '0.3' }), /CloudEvent 1\.0/],
    ['no id', 'not-cloudevents', (key) => lacking(key, 'id'), /CloudEvent 1\.0/],
    ['an id that is no UUID', 'not-cloudevents', (key) => changed(key, { id: '17' }), /UUID/],
    ['no type', 'not-cloudevents', (key) => lacking(key, 'type'), /CloudEvent 1\.0/],
    ['an empty source', 'not-cloudevents', (key) => changed(key, { source: '' }), /CloudEvent 1\.0/],
    ['no data', 'not-cloudevents', (key) => lacking(key, 'data'), /CloudEvent 1\.0/],
    ['a trace that is no text', 'not-cloudevents', (key) => changed(key, { traceparent: { a: 1 } }), /CloudEvent 1\.0/],
    ['a time that is none', 'not-cloudevents', (key) => changed(key, { time: 'yesterday' }), /RFC 3339/],
    ['an unknown type', 'unknown-type', (key) => changed(key, { type: 'booking.unheard-of.v1' }), /no schema for booking\.unheard-of\.v1/],
    ['an unknown version', 'unknown-type', (key) => changed(key, { type: 'booking.created.v99' }), /no schema for booking\.created\.v99/],
    ['a type with a NUL', 'unknown-type', (key) => changed(key, { type: 'booking.\0.v1' }), /no schema/],
    ['data the schema refuses', 'invalid-data', (key) => changed(key, { data: { ...data, status: 'flying' } }), /\/status/],
    ['too much', 'too-large', (key) => changed(key, { data: { ...data, note: 'x'.repeat(messageBytesMax) } }), /52\d{4} bytes/],
    ['too much in few characters', 'too-large', (key) => changed(key, { data: { ...data, note: '漢'.repeat(180_000) } }), /54\d{4} bytes/],
  ])('%s: %s', async (_what, code, message, error) => {
    const key = newId()
    const value = message(key)
    await fixture.publishRaw(value, key)
    const good = build(key)
    await fixture.publish(good, build())
    await fixture.drained(consumer)
    const [letter, ...more] = (await fixture.letters()).filter((found) => found.key === key)
    expect(more).toEqual([])
    expect(letter).toMatchObject({ reason: 'poison', code, failures: 1, topic: 'booking' })
    expect(letter!.error).toMatch(error)
    expect(value.startsWith(letter!.message)).toBe(true)
    expect((await fixture.effects()).filter((effect) => effect.key === key)).toEqual([{ key, version: 1 }])
  })

  it('judges no time: what is dated in another century is handled', async () => {
    const events = ['1969-07-20T20:17:40Z', '2999-12-31T23:59:59.999+14:00', '0001-01-01T00:00:00Z'].map((time) => ({ ...build(), time }))
    await fixture.publish(...events)
    await fixture.drained(consumer)
    const keys = new Set((await fixture.effects()).map(({ key }) => key))
    expect(events.filter(({ subject }) => !keys.has(subject))).toEqual([])
  })

  it('shows each poison message, also when several bear the id of an event that is handled', async () => {
    const event = build()
    await fixture.publish(event)
    await fixture.publishRaw(JSON.stringify({ ...event, type: 'booking.unheard-of.v2' }), event.subject)
    await fixture.publishRaw(JSON.stringify({ ...event, data: {} }), event.subject)
    await fixture.drained(consumer)
    expect((await fixture.letters()).filter(({ key }) => key === event.subject).map(({ code }) => code)).toEqual(['invalid-data', 'unknown-type'])
  })
})
