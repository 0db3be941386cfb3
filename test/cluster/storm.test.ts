import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../scripts/random.ts'
import { getJson, install, listServicePods, services, until, waitReady } from './cluster.ts'
import { judgeSettled, killPod, listWrong, stormWhile } from './storm.ts'

const holdTtlSeconds = 60
/** Every service loses a pod so often. */
const rounds = 2

beforeAll(async () => {
  install(['--set', 'booking.replicas=3', '--set', `booking.env.HOLD_TTL_SECONDS=${holdTtlSeconds}`])
  await waitReady()
})

async function killEachService(random: () => number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const service of services.toSorted(() => random() - 0.5)) {
      const pods = listServicePods().filter(({ metadata }) => metadata.labels['app.kubernetes.io/name'] === service)
      if (pods.length > 0) killPod(pods[Math.floor(random() * pods.length)]!.metadata.name)
      await sleep(2000 + random() * 2000)
    }
  }
}

/** Deletes the one pod of a server while members storm, and lets them go on for a while when it is back. */
async function killServer(name: string): Promise<void> {
  interface Found {
    metadata: { uid: string }
    status: { containerStatuses?: { ready: boolean }[] }
  }
  const find = () => getJson<Found>('pod', name)
  await sleep(10_000)
  const { uid } = find().metadata
  killPod(name)
  await until(() => find().metadata.uid !== uid && find().status.containerStatuses?.[0]?.ready, { what: `${name} is back` })
  await sleep(10_000)
}

describe('a booking storm on three replicas of booking', () => {
  it.each([
    ['pods of every service', () => killEachService(createRandom(1)), 1],
    ['the database’s pod', () => killServer('postgresql-0'), 2],
    ['the broker’s pod', () => killServer('kafka-0'), 3],
  ] as const)('keeps every promise while %s is deleted with no grace, and all returns by itself', async (_what, injure, seed) => {
    const told = await stormWhile(seed, injure)
    await waitReady()
    expect(told.accepted.length).toBeGreaterThan(20)
    expect(listWrong(await judgeSettled(told))).toEqual([])
  })
})
