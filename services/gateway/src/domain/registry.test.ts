import type { ServiceName, ServiceStatus } from '@alcove/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRegistry, type Registry } from './registry.ts'

const status = { name: 'user', version: '1', health: 'ok', checks: {}, breakers: [], consumerLag: 0, outboxAgeSeconds: 0, deadLetters: 0 } as ServiceStatus
const silence = () => Promise.reject(new Error('silent'))

let registry: Registry
/** What the service does at the moment. */
let reports: boolean
let alive: boolean
let pings: number
let changes: [ServiceName, boolean][]

beforeEach(() => {
  reports = alive = true
  pings = 0
  changes = []
  registry = createRegistry({
    services: [{ name: 'user', address: 'http://user', critical: true }],
    probe: async () => (reports ? status : silence()),
    ping: async () => {
      pings += 1
      if (!alive) await silence()
    },
    breakerOf: () => 'closed',
    now: () => new Date('2026-03-01T10:00:00Z'),
    onEjected: (...change) => void changes.push(change),
  })
})
const die = () => void (reports = alive = false)
const state = () => registry.list()[0]!
const probeTimes = async (times: number) => {
  for (let count = 0; count < times; count += 1) await registry.probe('user')
}

describe('a service is ejected', () => {
  it('only after three probes in a row without any answer, and returns with the first', async () => {
    await probeTimes(1)
    expect(state()).toMatchObject({ health: 'ok', healthySince: '2026-03-01T10:00:00Z', ejected: false })
    die()
    await probeTimes(2)
    expect(state()).toMatchObject({ health: 'down', healthySince: null, version: null, ejected: false })
    await probeTimes(1)
    expect(state().ejected).toBe(true)
    await probeTimes(5)
    reports = true
    await probeTimes(1)
    expect(state()).toMatchObject({ health: 'ok', ejected: false })
    expect(changes).toEqual([
      ['user', true],
      ['user', false],
    ])
  })
  it('never while it answers at all, even if it cannot report', async () => {
    reports = false
    await probeTimes(10)
    expect(state()).toMatchObject({ health: 'degraded', ejected: false })
  })
  it('never while real requests are answered, whatever the probes say', async () => {
    die()
    for (let count = 0; count < 10; count += 1) {
      await probeTimes(2)
      registry.noteAnswer('user')
    }
    expect(changes).toEqual([])
  })
  it('until a real answer comes, at once', async () => {
    die()
    await probeTimes(3)
    registry.noteAnswer('user')
    expect([state().ejected, await registry.admits('user')]).toEqual([false, true])
  })
})

describe('a request', () => {
  it('goes to a service that is not ejected without a question', async () => {
    die()
    await probeTimes(2)
    pings = 0
    expect([registry.admits('user'), pings]).toEqual([true, 0])
  })
  it('for an ejected one is refused while nobody opens, with one knock for all who wait', async () => {
    die()
    await probeTimes(3)
    pings = 0
    expect(await Promise.all(Array.from({ length: 50 }, () => registry.admits('user')))).toEqual(Array(50).fill(false))
    expect([pings, state().ejected]).toEqual([1, true])
  })
  it('for an ejected one that is back goes there, and takes the ejection back for all', async () => {
    die()
    await probeTimes(3)
    alive = true
    expect(await registry.admits('user')).toBe(true)
    expect([state().ejected, registry.admits('user')]).toEqual([false, true])
  })
})
