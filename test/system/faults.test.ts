import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, eventually, type Api } from './api.ts'
import { countOverlaps } from './databases.ts'
import { listContradictions, listMailContradictions, listOverdue, listUnsettled } from './faults/books.ts'
import { enumeratedFlows } from './faults/enumerated-flows.ts'
import { edgeOf, faultKinds, isPassing, parseCase, type FaultCase } from './faults/fault.ts'
import { runAlone, runInLanes } from './faults/lanes.ts'
import { replay, type Lane, type Replayer } from './faults/replay.ts'
import { startStage, type Stage } from './faults/stage.ts'
import { makePlace } from './places.ts'

/** `make faults CASE=…`: this one alone. */
const wanted = process.env.CASE ? parseCase(process.env.CASE) : undefined
const flowNames = wanted ? [wanted.flow] : Object.keys(enumeratedFlows)
const membersMax = 20
/** Few at once, so that each finds its services at ease. */
const recordersMax = 3
/** Of product time for each second: reconciliation waits for ten of those before it asks. */
const clockPace = 4

let stage: Stage
let api: Api
let lanes: Lane[]
let replayer: Replayer
let clockOffsetMs = 0
let ticking: NodeJS.Timeout | undefined
const remembered: { key: string; body: object; bookingId: string; token: string }[] = []
const recordings = new Map<string, readonly string[]>()

beforeAll(async () => {
  stage = await startStage()
  api = connect(stage.stack)
  const operator = await api.login('operator')
  lanes = []
  for (let index = 1; index <= (wanted ? 1 : membersMax); index++) {
    const session = await api.login(`member${index === 1 ? '' : index}`)
    const wallet = await session.call<{ id: string }>('GET', '/api/v1/wallets/me')
    await operator.call('POST', `/api/v1/wallets/${wallet.body.id}/grants`, { amountCredits: 10_000, reason: 'fault enumeration' })
    // Units enough for flows that are about the same hour, such as the present one.
    lanes.push({ member: session, place: await makePlace(operator, { creditsPerHour: 2, units: 30 }), hours: 0 })
  }
  replayer = { stage, api, operator, now: () => Date.now() + clockOffsetMs, remember: (made) => void remembered.push(made) }
  ticking = setInterval(() => advance(clockPace - 1), 1000)
})
afterAll(async () => {
  clearInterval(ticking)
  await api?.close()
  await stage?.close()
})

function advance(seconds: number): void {
  clockOffsetMs += seconds * 1000
  api.stack.setClockOffsetMs(clockOffsetMs)
}

const run = (lane: Lane, fault: FaultCase, whenPrepared?: () => Promise<void>) =>
  replay(replayer, lane, { flow: fault.flow, fault, recorded: recordings.get(fault.flow), whenPrepared })

/** By kind first, so that neighbours are about different callees and no breaker opens by the way. */
function listCases(): FaultCase[] {
  if (wanted) return [wanted]
  return faultKinds.flatMap((kind) =>
    [...recordings].flatMap(([flow, calls]) => calls.filter((call) => kind !== 'breaker-open' || isGuarded(call, calls)).map((call) => ({ flow, call, kind }))),
  )
}

/** The sandbox looks at a charge again within the very call that refunded it: no breaker stands between the two. */
function isGuarded(call: string, calls: readonly string[]): boolean {
  const onEdge = calls.filter((each) => edgeOf(each) === edgeOf(call))
  return !call.startsWith('payment-sandbox.find#') || !onEdge[onEdge.indexOf(call) - 1]?.startsWith('payment-sandbox.refund#')
}

it('the calls of each flow are recorded', async () => {
  // Of two runs: what a hiccup of the machine made a client repeat in one of them is no call of the flow.
  const failures = await runInLanes(lanes.slice(0, recordersMax), flowNames, async (lane, flow) => {
    const [first, second] = [await replay(replayer, lane, { flow }), await replay(replayer, lane, { flow })]
    recordings.set(
      flow,
      first.filter((call) => second.includes(call)),
    )
  })
  expect(failures).toEqual([])
  const edges = new Set([...recordings.values()].flat().map(edgeOf))
  if (!wanted) {
    for (const edge of [
      'gateway-booking',
      'booking-user',
      'booking-workspace',
      'booking-payment',
      'payment-sandbox',
      'notification-user',
      'notification-booking',
    ]) {
      expect(edges).toContain(edge)
    }
  }
})

it('every flow reaches its end whichever of its calls fails, and however', async () => {
  const cases = listCases()
  const passing = cases.filter(({ kind }) => isPassing(kind))
  const onTheWay = cases.filter(({ kind }) => !isPassing(kind))
  const failures = [...(await runInLanes(lanes, passing, async (lane, fault) => void (await run(lane, fault)))), ...(await runAlone(lanes, onTheWay, run))]
  console.log(`faults: ${cases.length} cases, ${recordings.size} flows, ${failures.length} failed`)
  expect(failures).toEqual([])
}, 1_800_000)

describe('after all faults', () => {
  beforeAll(async () => {
    await eventually('everything is settled', async () => (await listUnsettled(api.stack)).length === 0, 120_000)
  }, 150_000)

  it('nothing overlaps', async () => {
    expect(await countOverlaps(api.stack)).toBe(0)
  })

  it('money, credits and bookings agree with the provider and the ledger', async () => {
    expect(await listContradictions(api.stack)).toEqual([])
  })

  it('each confirmed booking has exactly one mail', async () => {
    expect(await listMailContradictions(api.stack)).toEqual([])
  })

  it('the same Idempotency-Key gives the same booking', async () => {
    for (const { key, body, bookingId, token } of remembered) {
      const again = await api.call<{ id: string }>('POST', '/v1/bookings', { token, body, headers: { 'idempotency-key': key }, base: api.stack.urls.booking })
      expect([again.status, again.body.id]).toEqual([201, bookingId])
    }
  })

  it('no hold stands past its expiry', async () => {
    advance(1200)
    await eventually('what was held has expired', async () => (await listOverdue(api.stack, new Date(replayer.now()))).length === 0)
    await eventually('and has let go of what it held', async () => (await listUnsettled(api.stack)).length === 0)
    expect(await listContradictions(api.stack)).toEqual([])
  })
})
