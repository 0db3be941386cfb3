import { accountSessionRevoked, bookingConfirmed, topics } from '@alcove/contracts'
import { graph } from '@alcove/graph'
import { buildEvent } from '@alcove/testing'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { assertSubscriptions, countHandled, restrictTransport } from '../src/declared.ts'
import { createBroadcast, onEvent, type Handler, type Transport } from '../src/index.ts'

const declaredOf = (service: string, mode: string) =>
  Object.entries(graph.find(({ name }) => name === service)!.consumes).flatMap(([topic, subscription]) =>
    subscription.mode === mode ? subscription.types.map((type) => ({ topic, type }) as Pick<Handler, 'topic' | 'type'>) : [],
  )

describe('what a service handles', () => {
  test.each(graph.map(({ name }) => name))('%s: exactly what its service.yaml declares is let through', (service) => {
    for (const mode of ['durable', 'broadcast'] as const) {
      const declared = declaredOf(service, mode)
      expect(() => assertSubscriptions(service, declared, mode)).not.toThrow()
      for (const missing of declared) {
        const others = declared.filter((each) => each !== missing)
        expect(() => assertSubscriptions(service, others, mode)).toThrow(
          `${service} declares ${missing.type} of ${missing.topic} and has no ${mode} handler for it`,
        )
      }
      expect(() => assertSubscriptions(service, [...declared, { topic: 'booking', type: 'booking.created.v9' }], mode)).toThrow(
        `${service} handles booking.created.v9 of booking, which its service.yaml does not declare`,
      )
    }
  })

  test('a durable handler does not stand for a broadcast subscription', () => {
    expect(() => assertSubscriptions('gateway', declaredOf('gateway', 'broadcast'))).toThrow(/does not declare/)
  })

  test('a broadcast of undeclared types is refused before anything is read', () => {
    expect(() => createBroadcast({ service: 'gateway', transport: {} as Transport, types: [accountSessionRevoked], log: { warn() {} }, onEvent() {} })).toThrow(
      'gateway declares account.deactivated.v1 of account and has no broadcast handler for it',
    )
  })
})

describe('where a service publishes', () => {
  const published: string[] = []
  const transport = { publish: async (topic: string) => void published.push(topic), check: async () => undefined } as unknown as Transport

  test.each(graph.map(({ name, produces }) => [name, produces] as const))('%s: to %s alone', async (service, produces) => {
    const restricted = restrictTransport(service, transport)
    for (const topic of topics) {
      published.length = 0
      if (topic === produces) await restricted.publish(topic, [])
      else await expect(restricted.publish(topic, [])).rejects.toThrow(`${service} may not publish to ${topic}`)
      expect(published).toEqual(topic === produces ? [topic] : [])
    }
    await restricted.check()
  })
})

test('an event counts once its effect is committed, and what the effect left for then is done', async () => {
  const metrics = new Registry()
  const done: string[] = []
  const [counted] = countHandled([onEvent(bookingConfirmed, async () => () => void done.push('after'))], metrics)
  const after = await (counted!.effect as (ctx: object) => Promise<() => void>)({ topic: 'booking', event: buildEvent(bookingConfirmed) })
  expect(await metrics.metrics()).not.toContain('type="booking.confirmed.v1"')
  after()
  expect(done).toEqual(['after'])
  expect(await metrics.metrics()).toContain('alcove_events_handled_total{topic="booking",type="booking.confirmed.v1"} 1')
})
