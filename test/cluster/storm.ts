import { setTimeout as sleep } from 'node:timers/promises'
import { graph } from '@alcove/graph'
import { createRandom } from '../../scripts/random.ts'
import { connectTo } from '../system/api.ts'
import type { Accepted } from '../system/chaos/client.ts'
import { prepare } from '../system/chaos/ground.ts'
import { judge, type Told, type Verdict } from '../system/chaos/invariants.ts'
import { storm } from '../system/chaos/storm.ts'
import { createTally } from '../system/chaos/tally.ts'
import type { Books } from '../system/databases.ts'
import { forward, keepForwarding, kubectl, until } from './cluster.ts'

const clientsMax = 6
/** A client goes on trying this long after the storm. */
const patienceMs = 180_000
/** Late enough for a second mail or a second capture, if there were one. */
const afterwardsMs = 15_000

/** Members book, change, cancel and check in until `injure` has ended, each request under one key until it is answered. */
export async function stormWhile(seed: number, injure: () => Promise<void>): Promise<Told> {
  const way = await keepForwarding('service/gateway', 80)
  const api = connectTo(`http://127.0.0.1:${way.port}`)
  const [requests, tries] = [createTally(), createTally()]
  const accepted: Accepted[] = []
  const contradictions: string[] = []
  let endsAt = Infinity
  try {
    const ground = await until(() => prepare(api, clientsMax), { what: 'members have logged in' })
    const times = { now: () => Date.now(), isEnding: () => Date.now() > endsAt, isOver: () => Date.now() > endsAt + patienceMs }
    const clients = ground.members.map((member, index) =>
      storm({ api, member, random: createRandom(seed * 1000 + index), requests, tries, accepted, contradictions, ...ground, ...times }),
    )
    await injure().finally(() => (endsAt = Date.now()))
    await Promise.all(clients)
    console.log(`${requests.total()} requests in ${tries.total()} tries, ${tries.total('no answer')} without an answer; ${accepted.length} accepted`)
    return { accepted, contradictions }
  } finally {
    await api.close()
    way.close()
  }
}

/** Deletes a pod at once: no SIGTERM, no sleep, no drain. */
export const killPod = (name: string): string => kubectl('delete', 'pod', name, '--grace-period=0', '--force', '--wait=false')

/** What the books say once nothing moves any more, or what they said when waiting was given up. */
export async function judgeSettled(told: Told): Promise<Verdict[]> {
  let verdicts: Verdict[] = []
  const look = async () => {
    verdicts = await withBooks((books) => judge(books, told, new Date()))
    return verdicts.every(({ wrong }) => wrong.length === 0)
  }
  const settled = await until(look, { what: 'nothing moves any more', timeoutMs: 300_000 }).catch(() => false)
  if (settled) {
    await sleep(afterwardsMs)
    await look()
  }
  for (const { name, figures, wrong } of verdicts) console.log(`${name}: ${figures}, ${wrong.length} wrong`)
  return verdicts
}

/** What is wrong by name; empty is right. */
export const listWrong = (verdicts: readonly Verdict[]): string[] => verdicts.flatMap(({ name, wrong }) => wrong.map((what) => `${name}: ${what}`))

/** The services' databases, each through its own role, for as long as `use` takes. */
async function withBooks<T>(use: (books: Books) => Promise<T>): Promise<T> {
  const way = await forward('service/postgresql', 5432)
  const urls = graph
    .filter(({ database }) => database)
    .map(({ name }) => {
      const url = new URL(Buffer.from(kubectl('get', 'secret', `db-${name}`, '--output', 'jsonpath={.data.url}'), 'base64').toString())
      url.host = `127.0.0.1:${way.port}`
      return [name, url.href] as const
    })
  try {
    return await use({ databaseUrls: Object.fromEntries(urls) })
  } finally {
    way.close()
  }
}
