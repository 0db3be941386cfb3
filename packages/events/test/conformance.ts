import { randomUUID } from 'node:crypto'
import { waitFor as waitForUpTo, type WaitForOptions } from '@alcove/testing'
import { describe, expect, it } from 'vitest'
import type { Delivery, Transport } from '../src/index.ts'

/** What a transport needs to be judged. */
export interface ConformanceSubject {
  name: string
  /** Makes a topic of 8 partitions, where that does not come by itself. */
  makeTopic?(name: string): Promise<void>
  /** A further connection to the same log, as another process would open it. */
  connect(): Promise<Transport>
}

/** A group on a broker gathers for seconds, on a loaded machine for many. */
const waitFor = <T>(condition: () => T | Promise<T>, options: WaitForOptions = {}) => waitForUpTo(condition, { timeoutMs: 60_000, ...options })
const newGroup = () => `g-${randomUUID()}`
const isRising = (numbers: number[]) => numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)

/** Ordered first occurrences of each key's values. */
function byKey(deliveries: readonly Delivery[]): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const { key, value } of deliveries) {
    const numbers = found.get(key) ?? []
    if (!numbers.includes(Number(value))) numbers.push(Number(value))
    found.set(key, numbers)
  }
  return found
}

async function publishRising(transport: Transport, topic: string, keys: readonly string[], count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1)
    await transport.publish(
      topic,
      keys.map((key) => ({ key, value: String(n) })),
    )
}

/** The one suite that every transport passes. */
export function describeTransport(subject: ConformanceSubject): void {
  const newTopic = async () => {
    const name = `t-${randomUUID()}`
    await subject.makeTopic?.(name)
    return name
  }

  describe(`transport ${subject.name}`, () => {
    it('keeps the order of every key under concurrent producers and loses nothing', async () => {
      const [topic, reader] = [await newTopic(), await subject.connect()]
      const got: Delivery[] = []
      const subscription = await reader.subscribe({ group: newGroup(), topics: [topic], onBatch: async (batch) => void got.push(...batch) })
      const producers = await Promise.all(Array.from({ length: 4 }, () => subject.connect()))
      await Promise.all(producers.map((producer, p) => publishRising(producer, topic, [`${p}-a`, `${p}-b`, `${p}-c`, `${p}-d`, `${p}-e`], 50)))
      await waitFor(() => new Set(got.map(({ key, value }) => `${key}/${value}`)).size === 4 * 5 * 50)
      const keys = byKey(got)
      expect(keys.size).toBe(20)
      for (const numbers of keys.values()) expect(isRising(numbers)).toBe(true)
      await subscription.stop()
      await Promise.all([reader, ...producers].map((transport) => transport.close()))
    })

    it('gives a new group everything from the beginning, and a known one only what it has not finished', async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      await publishRising(transport, topic, ['k'], 5)
      const collect = async (group: string, until: number) => {
        const got: number[] = []
        const subscription = await transport.subscribe({
          group,
          topics: [topic],
          onBatch: async (batch) => void got.push(...batch.map(({ value }) => Number(value))),
        })
        await waitFor(() => got.includes(until))
        await subscription.stop()
        return got
      }
      const [known, fresh] = [newGroup(), newGroup()]
      expect(await collect(known, 5)).toEqual([1, 2, 3, 4, 5])
      await transport.publish(topic, [{ key: 'k', value: '6' }])
      expect(await collect(known, 6)).toEqual([6])
      expect(await collect(fresh, 6)).toEqual([1, 2, 3, 4, 5, 6])
      await transport.close()
    })

    it('delivers again what a handler did not finish, and holds back what follows in that partition', async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      await publishRising(transport, topic, ['k'], 3)
      const tries: string[] = []
      let failures = 2
      const subscription = await transport.subscribe({
        group: newGroup(),
        topics: [topic],
        batchMax: 1,
        async onBatch(batch) {
          tries.push(batch[0]!.value)
          if (batch[0]!.value === '2' && failures-- > 0) throw new Error('not now')
        },
      })
      await waitFor(() => tries.at(-1) === '3')
      expect(tries).toEqual(['1', '2', '2', '2', '3'])
      await subscription.stop()
      await transport.close()
    })

    it('shares the partitions of a group between members, gives a late member its part and a leaving one’s to the others', async () => {
      const [topic, group] = [await newTopic(), newGroup()]
      const [first, second] = [await subject.connect(), await subject.connect()]
      const got: Record<'first' | 'second', Delivery[]> = { first: [], second: [] }
      const keys = Array.from({ length: 200 }, (_, n) => `k${n}`)
      const join = (transport: Transport, name: 'first' | 'second') =>
        transport.subscribe({ group, topics: [topic], onBatch: async (batch) => void got[name].push(...batch) })
      const one = await join(first, 'first')
      await publishRising(first, topic, keys, 1)
      await waitFor(() => new Set(got.first.map(({ key }) => key)).size === 200)
      const two = await join(second, 'second')
      let round = 1
      await waitFor(async () => {
        round += 1
        await first.publish(
          topic,
          keys.map((key) => ({ key, value: String(round) })),
        )
        return got.second.length > 0
      })
      await one.stop()
      await first.publish(
        topic,
        keys.map((key) => ({ key, value: '1000000' })),
      )
      const seen = () => [...got.first, ...got.second]
      await waitFor(() => new Set(seen().flatMap(({ key, value }) => (value === '1000000' ? [key] : []))).size === 200)
      for (const [, numbers] of byKey(seen().sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset)))) expect(isRising(numbers)).toBe(true)
      expect(new Set(seen().map(({ key, value }) => `${key}/${value}`)).size).toBe(200 * (round + 1))
      await two.stop()
      await Promise.all([first.close(), second.close()])
    })

    it('counts what a group has not finished', async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      const subscription = await transport.subscribe({ group: newGroup(), topics: [topic], onBatch: async () => undefined })
      subscription.pause()
      await publishRising(transport, topic, ['a', 'b'], 10)
      expect(await subscription.lag()).toBe(20)
      subscription.resume()
      await waitFor(async () => (await subscription.lag()) === 0)
      await subscription.stop()
      await transport.close()
    })

    it('broadcasts to every reader what comes after it began, and nothing older', async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      await publishRising(transport, topic, ['old'], 3)
      const got: string[][] = [[], []]
      const readers = await Promise.all(
        got.map((own) =>
          transport.broadcast({ topics: [topic], onBatch: async (batch) => void own.push(...batch.map(({ key, value }) => `${key}/${value}`)) }),
        ),
      )
      await publishRising(transport, topic, ['new'], 3)
      await waitFor(() => got.every((own) => own.length === 3))
      expect(got).toEqual([
        ['new/1', 'new/2', 'new/3'],
        ['new/1', 'new/2', 'new/3'],
      ])
      await Promise.all(readers.map((reader) => reader.stop()))
      await transport.close()
    })

    it('goes on with other partitions while one is slow and more than may run at once wait to try again', async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      const keys = Array.from({ length: 64 }, (_, n) => `k${n}`)
      await publishRising(transport, topic, keys, 1)
      const placed = new Map<string, number>()
      const survey = await transport.subscribe({
        group: newGroup(),
        topics: [topic],
        onBatch: async (batch) => batch.forEach(({ key, partition }) => placed.set(key, partition)),
      })
      await waitFor(() => placed.size === keys.length)
      await survey.stop()
      const [slow, ...rest] = [...new Set(placed.values())]
      const failing = new Set(rest.slice(0, 3))
      const done: string[] = []
      let healed = false
      const release = Promise.withResolvers<void>()
      const subscription = await transport.subscribe({
        group: newGroup(),
        topics: [topic],
        concurrency: 2,
        async onBatch(batch) {
          if (batch[0]!.partition === slow) await release.promise
          if (failing.has(batch[0]!.partition) && !healed) throw new Error('not now')
          done.push(...batch.map(({ key, value }) => `${key}/${value}`))
        },
      })
      const others = keys.filter((key) => placed.get(key) !== slow && !failing.has(placed.get(key)!))
      await waitFor(() => others.every((key) => done.includes(`${key}/1`)))
      expect(done.some((item) => failing.has(placed.get(item.split('/')[0]!)!) || placed.get(item.split('/')[0]!) === slow)).toBe(false)
      healed = true
      release.resolve()
      await publishRising(transport, topic, keys, 2)
      await waitFor(() => keys.every((key) => done.includes(`${key}/2`)))
      for (const key of keys) expect(done.indexOf(`${key}/1`)).toBeLessThan(done.indexOf(`${key}/2`))
      await subscription.stop()
      await transport.close()
    })

    it('gives what a member had not finished when it left to the next one, though later batches of other partitions were', async () => {
      const [topic, group, transport] = [await newTopic(), newGroup(), await subject.connect()]
      const keys = Array.from({ length: 40 }, (_, n) => `k${n}`)
      await publishRising(transport, topic, keys, 5)
      const finished: Delivery[] = []
      let stuck: number | undefined
      const first = await transport.subscribe({
        group,
        topics: [topic],
        async onBatch(batch, signal) {
          stuck ??= batch[0]!.partition
          if (batch[0]!.partition === stuck) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))))
          finished.push(...batch)
        },
      })
      await waitFor(() => finished.length > 0 && new Set(finished.map(({ partition }) => partition)).size >= 3)
      await first.stop()
      expect(finished.some(({ partition }) => partition === stuck)).toBe(false)
      const second = await transport.subscribe({ group, topics: [topic], onBatch: async (batch) => void finished.push(...batch) })
      await waitFor(() => new Set(finished.map(({ key, value }) => `${key}/${value}`)).size === keys.length * 5)
      for (const numbers of byKey(finished).values()) expect(numbers).toEqual([1, 2, 3, 4, 5])
      await second.stop()
      await transport.close()
    })

    it('drains a backlog of 100,000 in order', { timeout: 600_000 }, async () => {
      const [topic, transport] = [await newTopic(), await subject.connect()]
      const keys = Array.from({ length: 500 }, (_, n) => `k${n}`)
      await publishRising(transport, topic, keys, 200)
      const last = new Map<string, number>()
      let count = 0
      let outOfOrder = 0
      const subscription = await transport.subscribe({
        group: newGroup(),
        topics: [topic],
        async onBatch(batch) {
          for (const { key, value } of batch) {
            const [before, number] = [last.get(key) ?? 0, Number(value)]
            // A repeat of what was there already is allowed; a gap is not.
            if (number === before + 1) count += 1
            else if (number > before) outOfOrder += 1
            last.set(key, Math.max(before, number))
          }
        },
      })
      await waitFor(() => count + outOfOrder >= 100_000, { timeoutMs: 300_000, what: 'the backlog to drain' })
      expect({ count, outOfOrder }).toEqual({ count: 100_000, outOfOrder: 0 })
      await waitFor(async () => (await subscription.lag()) === 0)
      await subscription.stop()
      await transport.close()
    })
  })
}
