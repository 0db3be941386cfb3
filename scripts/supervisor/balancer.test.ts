import { findFreePorts } from '@alcove/testing/free-ports'
import { Agent, request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFakeProcess, makeFakeServiceDir, removeFakeServiceDirs } from './fake-service.ts'
import { listenHost, planFreePorts, type PortPlan } from './layout.ts'
import { until } from './processes.ts'
import { createReplicaSet, type ReplicaSet } from './replica-set.ts'

const LIMIT_MS = 15_000
let plan: PortPlan
let set: ReplicaSet

/** One request over a connection of its own. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: listenHost, port, agent: new Agent({ keepAlive: false }) }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(text))
    })
    call.on('error', reject).end()
  })
}
const askMany = async (count: number) => new Set(await Promise.all(Array.from({ length: count }, () => ask(plan.service('booking').port))))
const allReady = () => until(() => set.list().every((process) => process.state === 'ready'), LIMIT_MS)

beforeEach(async () => {
  plan = planFreePorts(await findFreePorts(20))
  const cwd = makeFakeServiceDir()
  const template = (await makeFakeProcess()).spec
  set = createReplicaSet('booking', plan, (replica, ports) => ({
    ...template,
    cwd,
    replica,
    ports,
    env: () => ({ PATH: process.env.PATH ?? '', NAME: `replica ${replica}`, PORT: String(ports.port), OPS_PORT: String(ports.opsPort) }),
  }))
})
afterEach(async () => {
  await set.stop()
  removeFakeServiceDirs()
})

describe('replicas behind one address', () => {
  it('share the connections, and none is lost when one of them is stopped', async () => {
    await set.scale(3)
    await set.start()
    await allReady()
    expect([...(await askMany(30))].toSorted()).toEqual(['replica 1', 'replica 2', 'replica 3'])
    await set.stop(2)
    expect([...(await askMany(30))].toSorted()).toEqual(['replica 1', 'replica 3'])
  })

  it('refuse connections once all are stopped, and answer when started again', async () => {
    await set.scale(2)
    await set.start()
    await allReady()
    await set.stop()
    await expect(ask(plan.service('booking').port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await set.start()
    await allReady()
    expect((await askMany(10)).size).toBe(2)
  })

  it('become one process on the address itself, and several again', async () => {
    await set.scale(2)
    await set.start()
    await allReady()
    await set.scale(1)
    await set.start()
    await allReady()
    expect(set.list().map((process) => process.spec.ports.port)).toEqual([plan.service('booking').port])
    expect([...(await askMany(5))]).toEqual(['replica 1'])
    await set.scale(3)
    await set.start()
    await allReady()
    expect((await askMany(30)).size).toBe(3)
  })

  it('name what there is when asked for one that is not', async () => {
    await set.scale(2)
    expect(() => set.select(3)).toThrow('booking has 2 replicas; there is no booking.3')
    await expect(set.scale(0)).rejects.toThrow('between 1 and 9')
  })
})
