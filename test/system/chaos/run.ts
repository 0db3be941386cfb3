import type { ServiceName } from '@alcove/contracts'
import { createRandom } from '../../../scripts/random.ts'
import { startStack } from '../../../scripts/supervisor/stack.ts'
import type { Stack } from '../../../scripts/supervisor/types.ts'
import { connect, eventually, type Api } from '../api.ts'
import { query } from '../databases.ts'
import { listOverdue, listUnsettled } from '../faults/books.ts'
import { hourAt } from '../places.ts'
import type { Accepted } from './client.ts'
import { prepare } from './ground.ts'
import { injureAll, listRepertoire, type Transport } from './injure.ts'
import { judge, type Verdict } from './invariants.ts'
import { judgeAnswers } from './report-answers.ts'
import { planInjuries, type Injury } from './schedule.ts'
import { storm } from './storm.ts'
import { createTally, type Tally } from './tally.ts'

export interface ChaosOptions {
  seed: number
  durationSeconds: number
  transport: Transport
  onProgress: (line: string) => void
}

export interface ChaosResult {
  injuries: Tally
  requests: Tally
  tries: Tally
  verdicts: Verdict[]
}

const clientsMax = 12
/** Short, so that what was never paid is seen to expire. */
const holdTtlSeconds = 60
/** A client goes on trying this long after the storm. */
const patienceMs = 90_000
const drainLimitMs = 300_000
const withOutbox: readonly ServiceName[] = ['auth', 'user', 'workspace', 'booking', 'payment', 'notification', 'reporting']

/** Books, changes and cancels while everything is killed and stopped in turn; then judges the books. Leaves nothing running. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { transport, onProgress } = options
  onProgress(`starting: three replicas of booking, events over ${transport}`)
  const stack = await startStack({
    transport,
    demo: 'accounts',
    replicas: { booking: 3 },
    env: { RATE_LIMITS: 'off' },
    serviceEnv: { booking: { HOLD_TTL_SECONDS: String(holdTtlSeconds) } },
  })
  const api = connect(stack)
  try {
    return await runOn(api, options)
  } finally {
    await api.close()
    await stack.down()
  }
}

async function runOn(api: Api, { seed, durationSeconds, transport, onProgress }: ChaosOptions): Promise<ChaosResult> {
  const { stack } = api
  const ground = await prepare(api, clientsMax)
  const [injuries, requests, tries] = [createTally(), createTally(), createTally()]
  const accepted: Accepted[] = []
  const contradictions: string[] = []
  const schedule = planInjuries({ random: createRandom(seed), durationMs: durationSeconds * 1000, repertoire: listRepertoire(transport) })
  onProgress(`${clientsMax} clients for ${durationSeconds} s, ${schedule.length} injuries`)
  const endsAt = Date.now() + durationSeconds * 1000
  const clients = ground.members.map((member, index) => {
    const random = createRandom(seed * 1000 + index + 1)
    const times = { now: () => Date.now(), isEnding: () => Date.now() > endsAt, isOver: () => Date.now() > endsAt + patienceMs }
    return storm({ api, member, random, requests, tries, accepted, contradictions, ...ground, ...times })
  })
  await injureAll(stack, schedule, (injury, error) => noteInjury(injuries, injury, { error, onProgress }))
  await Promise.all(clients)
  onProgress(`the storm is over: ${accepted.length} requests accepted; waiting until everything is healthy and empty`)
  const left = await drain(stack)
  const now = new Date(Date.now() + clockAheadMs)
  const verdicts = [
    ...(await judge(stack, { accepted, contradictions }, now)),
    await judgeAnswers(stack, await api.login('operator'), { ...ground, from: hourAt(-24), to: hourAt(240) }),
  ]
  return {
    injuries,
    requests,
    tries,
    verdicts: [{ name: 'healthy, and everything delivered', figures: `${withOutbox.length} outboxes`, wrong: left }, ...verdicts],
  }
}

function noteInjury(tally: Tally, { target, how, forMs }: Injury, { error, onProgress }: { error?: unknown; onProgress: (line: string) => void }): void {
  tally.add(target, error === undefined ? how : `${how} failed`)
  onProgress(`${how} ${target}${forMs > 0 ? ` for ${forMs} ms` : ''}${error === undefined ? '' : `: ${(error as Error).message}`}`)
}

/** Past every hold's expiry. */
export const clockAheadMs = (holdTtlSeconds + 60) * 1000

/** Waits until all is ready and nothing is on its way any more; answers what still is when the limit has passed. */
export async function drain(stack: Stack): Promise<string[]> {
  await stack.waitReady(undefined, drainLimitMs)
  stack.setClockOffsetMs(clockAheadMs)
  let left: string[] = ['nothing was looked at yet']
  await eventually(
    'nothing is on its way',
    async () => {
      left = await listUnderway(stack)
      return left.length === 0
    },
    drainLimitMs,
  ).catch(() => undefined)
  return left
}

async function listUnderway(stack: Stack): Promise<string[]> {
  const waiting: string[] = []
  for (const service of withOutbox) {
    const [outbox] = await query<{ n: number }>(stack, service, 'SELECT count(*)::int AS n FROM outbox')
    if (outbox!.n > 0) waiting.push(`${outbox!.n} events in the outbox of ${service}`)
    const lag = await readLag(stack, service)
    if (lag !== 0) waiting.push(`${lag} events that ${service} has not read`)
  }
  const [owed] = await query<{ n: number }>(stack, 'notification', `SELECT count(*)::int AS n FROM message WHERE state = 'owed'`)
  if (owed!.n > 0) waiting.push(`${owed!.n} messages to be sent`)
  return [...waiting, ...(await listUnsettled(stack)), ...(await listOverdue(stack, new Date(Date.now() + clockAheadMs)))]
}

async function readLag(stack: Stack, service: ServiceName): Promise<number> {
  const headers = { 'x-service-authorization': `Bearer ${await stack.serviceToken('admin', service)}` }
  const answer = await fetch(`${stack.urls[service]}/internal/status`, { headers })
  return ((await answer.json()) as { consumerLag: number }).consumerLag
}
