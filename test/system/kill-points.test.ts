import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { bookingKillPoints } from '../../services/booking/src/domain/kill-points.ts'
import { paymentKillPoints } from '../../services/payment/src/domain/kill-points.ts'
import { connect, eventually, type Api, type Session } from './api.ts'
import { countOverlaps, query } from './databases.ts'
import { arm, listKillPoints, type Armed } from './faults/armed.ts'
import { listContradictions, listOverdue, listUnsettled, readMoney } from './faults/books.ts'
import { flows, type FlowContext, type FlowName } from './faults/flows.ts'
import { dieBeforePaying, expireChange } from './faults/slow-flows.ts'
import { makePlace } from './places.ts'

type Subject = 'booking' | 'payment'
type AnyFlow = FlowName | 'reconcile' | 'expiredChange'

/** Kill points of the events package stand in every service. */
const eventKillPoints = ['inbox.effect', 'inbox.committed', 'outbox.read', 'outbox.published'] as const
/** No booking passes them: packages/events/test/kills.test.ts and dead-letters.test.ts have processes killed there. */
const replayKillPoints = ['replay.effect', 'replay.committed']

/** In which flows a point is tested; the first pattern that fits. */
const plan: Record<Subject, readonly (readonly [RegExp, readonly AnyFlow[]])[]> = {
  booking: [
    [/^create\./, ['card', 'credits', 'hold']],
    [/^pay\./, ['pay']],
    [/^change\./, ['card', 'credits', 'leftAlone']],
    [/^cancel\./, ['card', 'credits']],
    [/^hold\./, ['hold']],
    [/^check-/, ['attend']],
    [/^reconcile\./, ['reconcile']],
    [/^(inbox|outbox)\./, ['card']],
  ],
  payment: [
    [/^payment\.(reserve|charge-credits|return-credits)\./, ['credits']],
    [/^payment\.void\./, ['givenUp']],
    [/^payment\.release\./, ['expiredChange']],
    [/^payment\.(authorize|capture|refund|target)\./, ['card', 'leftAlone']],
    [/^(payment|inbox|outbox)\./, ['card']],
  ],
}
const cases = (['booking', 'payment'] as const).flatMap((service) =>
  [...(service === 'booking' ? bookingKillPoints : paymentKillPoints), ...eventKillPoints].flatMap((point) => {
    const found = plan[service].find(([pattern]) => pattern.test(point))
    return (found?.[1] ?? []).map((flow) => ({ service, point, flow }))
  }),
)

let api: Api
let operator: Session
let member: Session
let clockOffsetMs = 0
const remembered: { key: string; body: object; bookingId: string }[] = []

beforeAll(async () => {
  const stack = await startStack({
    demo: 'accounts',
    services: ['auth', 'user', 'workspace', 'booking', 'payment', 'gateway'],
    testControls: true,
    durable: false,
    env: { RATE_LIMITS: 'off' },
    // A slow provider is slow enough when booking stops waiting for it.
    serviceEnv: { payment: { SANDBOX_SLOW_MS: '1500', AUTHORIZE_WAIT_MS: '500' } },
  })
  api = connect(stack)
  operator = await api.login('operator')
  member = await api.login('member')
  const wallet = await member.call<{ id: string }>('GET', '/api/v1/wallets/me')
  await operator.call('POST', `/api/v1/wallets/${wallet.body.id}/grants`, { amountCredits: 100_000, reason: 'kill points' })
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const productNow = () => new Date(Date.now() + clockOffsetMs)
const advance = (seconds: number) => {
  clockOffsetMs += seconds * 1000
  api.stack.setClockOffsetMs(clockOffsetMs)
}

async function prepare(): Promise<FlowContext> {
  const place = await makePlace(operator, { creditsPerHour: 2 })
  return { api, member, place, hours: 0, isOver: () => false, remember: (made) => remembered.push(made) }
}

/** Flows that ran to their end, so that the checks afterwards also hold for a part of the plan. */
const ran: AnyFlow[] = []

async function run(flow: AnyFlow, ctx: FlowContext, armNext: () => Promise<Armed>): Promise<Armed> {
  if (flow === 'reconcile') return dieBeforePaying(ctx, armNext)
  if (flow === 'expiredChange') return expireChange(ctx, armNext, advance)
  const armed = await armNext()
  await flows[flow]({ ...ctx, isOver: armed.isKilled })
  return armed
}

it('every kill point of booking and payment is in the plan', async () => {
  for (const service of ['booking', 'payment'] as const) {
    const planned = new Set<string>([...replayKillPoints, ...cases.filter((one) => one.service === service).map(({ point }) => point)])
    expect((await listKillPoints(api.stack, service)).filter((name) => !planned.has(name))).toEqual([])
  }
})

describe.each(cases)('$service killed at $point, flow $flow', ({ service, point, flow }) => {
  it('dies there and comes back', async () => {
    const ctx = await prepare()
    const armNext = () => arm(api.stack, service, point)
    const armed = await run(flow, ctx, armNext)
    await armed.survive()
    ran.push(flow)
    expect(armed.isKilled()).toBe(true)
  })
})

describe('after all deaths', () => {
  beforeAll(async () => {
    // Tokens of the beginning may have run out.
    member = await api.login('member')
    await eventually('reconciliation has settled everything', async () => (await listUnsettled(api.stack)).length === 0, 120_000).catch(
      async (error: unknown) => {
        throw new Error(`still unsettled: ${(await listUnsettled(api.stack)).join(', ')}`, { cause: error })
      },
    )
  }, 150_000)

  it('nothing overlaps', async () => {
    expect(await countOverlaps(api.stack)).toBe(0)
  })

  it('money, credits and bookings agree with the provider and the ledger', async () => {
    expect(await listContradictions(api.stack)).toEqual([])
  })

  it('most bookings that were to stay are confirmed: the flows were real', async () => {
    const [row] = await query<{ n: number }>(api.stack, 'booking', `SELECT count(*)::int AS n FROM booking WHERE status = 'confirmed'`)
    expect(row!.n).toBeGreaterThanOrEqual(ran.filter((flow) => ['card', 'credits', 'hold', 'leftAlone'].includes(flow)).length)
  })

  it('the same Idempotency-Key gives the same booking', async () => {
    expect(remembered.length).toBeGreaterThanOrEqual(ran.length)
    for (const { key, body, bookingId } of remembered) {
      const again = await api.call<{ id: string }>('POST', '/v1/bookings', {
        token: member.token,
        body,
        headers: { 'idempotency-key': key },
        base: api.stack.urls.booking,
      })
      expect([again.status, again.body.id]).toEqual([201, bookingId])
    }
  })

  it('a late authorize after a void changes nothing', async () => {
    const gone = await query<{
      id: string
      booking_id: string
      user_id: string
      method: string
      amount_minor: number
      amount_credits: number
      currency: string
    }>(
      api.stack,
      'booking',
      `SELECT a.id, a.booking_id, b.user_id, a.method, a.amount_minor::int, a.amount_credits::int, a.currency FROM attempt a JOIN booking b ON b.id = a.booking_id
       WHERE a.status NOT IN ('open', 'unsent') AND a.keep_minor = 0 AND a.keep_credits = 0`,
    )
    expect(gone.length).toBeGreaterThanOrEqual(ran.filter((flow) => ['card', 'credits', 'givenUp'].includes(flow)).length)
    const before = await readMoney(api.stack)
    const headers = { 'x-service-authorization': `Bearer ${await api.stack.serviceToken('booking', 'payment')}` }
    for (const { id, booking_id: bookingId, user_id: userId, method, amount_minor: amountMinor, amount_credits: amountCredits, currency } of gone) {
      const body = { bookingId, userId, method, amountMinor, amountCredits, currency, ...(method === 'card' ? { token: 'tok_ok' } : {}) }
      expect((await api.call('PUT', `/internal/attempts/${id}`, { base: api.stack.urls.payment, headers, body })).status).toBe(200)
    }
    expect(await listUnsettled(api.stack)).toEqual([])
    expect(await readMoney(api.stack)).toEqual(before)
  })

  it('no hold stands past its expiry', async () => {
    advance(1200)
    await eventually('what was held has expired', async () => (await listOverdue(api.stack, productNow())).length === 0)
    await eventually('and has let go of what it held', async () => (await listUnsettled(api.stack)).length === 0)
    const held = await query(api.stack, 'booking', `SELECT id FROM booking WHERE status IN ('held', 'pending_payment')`)
    expect(held).toEqual([])
    expect(await listContradictions(api.stack)).toEqual([])
  })
})
