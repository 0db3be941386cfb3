import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { install, kubectl, services, waitReady } from './cluster.ts'
import { countOverlaps } from './books.ts'
import { startLoad, type Load } from './load.ts'

let load: Load
/** The short form restarts what a booking goes through; the long one everything. */
const restarted = process.env.CLUSTER_SHORT === 'on' ? ['booking'] : services

beforeAll(async () => {
  install()
  await waitReady()
  load = await startLoad(3)
})
afterAll(() => void kubectl('delete', 'pod', 'load', '--ignore-not-found', '--now'))

describe('a rolling restart under a steady booking load', () => {
  it.each(restarted)('of %s fails no request', async (service) => {
    await load.more(10)
    kubectl('rollout', 'restart', `deployment/${service}`)
    kubectl('rollout', 'status', `deployment/${service}`, '--timeout=300s')
    await load.more(10)
    const { failed, failures } = load.counts()
    expect({ failed, failures }).toEqual({ failed: 0, failures: [] })
  })

  it('leaves no overlap, and every request answered', async () => {
    const counts = await load.stop()
    expect(counts).toMatchObject({ failed: 0, odd: 0, open: 0, answered: counts.sent })
    expect(counts.booked).toBeGreaterThan(0)
    expect(await countOverlaps()).toBe(0)
  })
})
