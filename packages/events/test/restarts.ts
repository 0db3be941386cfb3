import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@alcove/testing'
import { describe, expect, it } from 'vitest'
import type { Delivery, Message, Transport } from '../src/index.ts'
import type { ConformanceSubject } from './conformance.ts'

/** A transport whose server can be crashed and brought back. */
export interface RestartSubject extends ConformanceSubject {
  /** Ends the server without warning and starts it again; settles when it answers. */
  restart(): Promise<void>
}

const LIMIT_MS = 120_000
const KEYS = Array.from({ length: 30 }, (_, n) => `k${n}`)

/** As the relay does: again and again, and nothing else before it is taken. */
export async function publishUntilTaken(transport: Transport, topic: string, messages: readonly Message[]): Promise<void> {
  for (;;) {
    try {
      await transport.publish(topic, messages)
      return
    } catch {
      await sleep(50)
    }
  }
}

/** What is left when a server is crashed in the middle: everything acknowledged, in order per key. */
export function describeRestarts(subject: RestartSubject): void {
  const newTopic = async () => {
    const name = `t-${randomUUID()}`
    await subject.makeTopic?.(name)
    return name
  }
  const firstOfEach = (deliveries: readonly Delivery[], key: string) => [
    ...new Set(deliveries.flatMap((delivery) => (delivery.key === key ? [Number(delivery.value)] : []))),
  ]
  const expectComplete = (got: readonly Delivery[], rounds: number) => {
    for (const key of KEYS) expect(firstOfEach(got, key), key).toEqual(Array.from({ length: rounds }, (_, n) => n + 1))
  }
  const roundOf = (value: number) => KEYS.map((key) => ({ key, value: String(value) }))

  describe(`transport ${subject.name}, its server crashed`, () => {
    it('in the middle of produce: loses nothing acknowledged and keeps the order of every key', async () => {
      const [topic, producer, reader] = [await newTopic(), await subject.connect(), await subject.connect()]
      const got: Delivery[] = []
      const subscription = await reader.subscribe({ group: randomUUID(), topics: [topic], onBatch: async (batch) => void got.push(...batch) })
      let round = 0
      let restarted = false
      const producing = (async () => {
        for (let after = 0; after < 50; after += restarted ? 1 : 0) await publishUntilTaken(producer, topic, roundOf(++round))
      })()
      await waitFor(() => round > 50, { timeoutMs: LIMIT_MS })
      await subject.restart()
      restarted = true
      await producing
      await waitFor(() => KEYS.every((key) => firstOfEach(got, key).includes(round)), { timeoutMs: LIMIT_MS, what: 'the reader to catch up' })
      expectComplete(got, round)
      await subscription.stop()
      await Promise.all([producer.close(), reader.close()])
    })

    it('in the middle of consume: goes on by itself where the group stood, in order, and a broadcast reader misses nothing', async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      for (let value = 1; value <= 100; value += 1) await publishUntilTaken(transport, topic, roundOf(value))
      const [got, heard]: [Delivery[], Delivery[]] = [[], []]
      const broadcast = await transport.broadcast({ topics: [topic], onBatch: async (batch) => void heard.push(...batch) })
      await publishUntilTaken(transport, topic, roundOf(101))
      const subscription = await transport.subscribe({
        group: randomUUID(),
        topics: [topic],
        batchMax: 20,
        async onBatch(batch) {
          await sleep(20)
          got.push(...batch)
        },
      })
      await waitFor(() => got.length > 300, { timeoutMs: LIMIT_MS })
      await subject.restart()
      for (let value = 102; value <= 110; value += 1) await publishUntilTaken(transport, topic, roundOf(value))
      await waitFor(() => KEYS.every((key) => firstOfEach(got, key).includes(110)), { timeoutMs: LIMIT_MS, what: 'the group to catch up' })
      expectComplete(got, 110)
      await waitFor(() => KEYS.every((key) => firstOfEach(heard, key).includes(110)), { timeoutMs: LIMIT_MS, what: 'the broadcast to catch up' })
      for (const key of KEYS) expect(firstOfEach(heard, key)).toEqual([101, 102, 103, 104, 105, 106, 107, 108, 109, 110])
      await subscription.stop()
      await broadcast.stop()
      await transport.close()
    })
  })
}
