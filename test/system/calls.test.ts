import type { ServiceName } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Answer, type Api, type Session } from './api.ts'
import { query } from './databases.ts'
import { parseExposition, sumOf } from './metrics/exposition.ts'
import { card, makePlace, slot, type Place } from './places.ts'
import { countRetries, startRecordingProxy, type Passed, type RecordingProxy } from './recording-proxy.ts'

let api: Api
let member: Session
let place: Place
/** Between gateway and booking, booking and workspace, booking and payment. */
const proxies = {} as Record<'booking' | 'workspace' | 'payment', RecordingProxy>

beforeAll(async () => {
  for (const callee of ['booking', 'workspace', 'payment'] as const) proxies[callee] = await startRecordingProxy()
  const stack = await startStack({
    demo: 'accounts',
    env: { RATE_LIMITS: 'off' },
    serviceEnv: {
      gateway: { BOOKING_SERVICE_URL: proxies.booking.url },
      booking: { WORKSPACE_SERVICE_URL: proxies.workspace.url, PAYMENT_SERVICE_URL: proxies.payment.url },
    },
  })
  for (const [callee, proxy] of Object.entries(proxies)) proxy.target = stack.urls[callee as ServiceName]
  api = connect(stack)
  member = await api.login('member')
  place = await makePlace(await api.login('operator'), { units: 5 })
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
  for (const proxy of Object.values(proxies)) await proxy.close()
})

const wish = (hours: number) => ({ spaceId: place.spaceId, ...slot(hours), payment: card() })
const book = (hours: number, headers: Record<string, string> = {}): Promise<Answer> =>
  member.call('POST', '/api/v1/bookings', wish(hours), { 'idempotency-key': newId(), ...headers })
const readMetrics = async (service: ServiceName) => parseExposition(await (await fetch(`${api.stack.opsUrls(service)[0]}/metrics`)).text())
const noteMade = async () => sumOf(await readMetrics('booking'), 'alcove_client_retries_total', { callee: 'payment', outcome: 'made' })
const countDoors = () => Object.values(proxies).map(({ passed }) => passed.length)

describe('a deadline over three hops', () => {
  it('shrinks with each', async () => {
    const requestId = newId()
    expect([201, 202]).toContain((await book(0, { 'x-request-deadline-ms': '20000', 'x-request-id': requestId })).status)
    const budgetAt = (proxy: RecordingProxy, method: string) => proxy.passed.find((each) => each.requestId === requestId && each.method === method)!.budgetMs
    const [atBooking, atWorkspace, atPayment] = [budgetAt(proxies.booking, 'POST'), budgetAt(proxies.workspace, 'POST'), budgetAt(proxies.payment, 'PUT')]
    expect(atBooking).toBeLessThan(20_000)
    expect(atWorkspace).toBeLessThan(atBooking)
    expect(atPayment).toBeLessThan(atBooking)
    expect(Math.min(atWorkspace, atPayment)).toBeGreaterThan(0)
  })

  it('ends the work of every hop: the last cannot go on, all give up, and nothing is claimed, paid or left under way', async () => {
    const lock = new pg.Client({ connectionString: api.stack.databaseUrls.workspace })
    await lock.connect()
    await lock.query('BEGIN; LOCK TABLE catalogue IN ACCESS EXCLUSIVE MODE')
    const countWaiting = async () => {
      const text = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM catalogue'`
      return (await query<{ n: number }>(api.stack, 'workspace', text))[0]!.n
    }
    const requestId = newId()
    try {
      // Workspace answers from memory for 400 ms.
      await new Promise((resolve) => setTimeout(resolve, 500))
      const asked = book(2, { 'x-request-deadline-ms': '4000', 'x-request-id': requestId })
      await eventually('workspace waits for its database', async () => (await countWaiting()) > 0)
      expect([503, 504]).toContain((await asked).status)
      for (const service of ['gateway', 'booking', 'workspace'] as const) {
        await eventually(`${service} has answered`, async () =>
          findAnswered(api.stack.logs(service), requestId).some(({ status }) => [503, 504].includes(status)),
        )
      }
      // The statement's own limit is 5 s.
      await eventually('no statement waits any more', async () => (await countWaiting()) === 0)
    } finally {
      await lock.end()
    }
    for (const [caller, callee] of [
      ['gateway', 'booking'],
      ['booking', 'workspace'],
    ] as const) {
      await eventually(`no call of ${caller} is under way`, async () => sumOf(await readMetrics(caller), 'alcove_client_requests_in_flight', { callee }) === 0)
    }
    expect(proxies.payment.passed.filter((each) => each.requestId === requestId)).toEqual([])
    expect(await query(api.stack, 'booking', 'SELECT id FROM booking WHERE starts_at = $1', [slot(2).startsAt])).toEqual([])
  })

  it('that has passed makes no call: not from the edge, and not from a service', async () => {
    const passed = { 'x-request-deadline-ms': '0', 'idempotency-key': newId() }
    const before = countDoors()
    expect((await book(4, passed)).status).toBe(504)
    const direct = await api.call('POST', '/v1/bookings', { base: api.stack.urls.booking, token: member.token, body: wish(4), headers: passed })
    expect(direct.status).toBe(504)
    expect(countDoors()).toEqual(before)
  })
})

function findAnswered(log: string, requestId: string): { status: number }[] {
  const lines = log.split('\n').filter((line) => line.includes(requestId) && line.includes('"status":'))
  return lines.map((line) => JSON.parse(line) as { status: number })
}

/** What came to payment's door while `count` members booked, five at a time, and what booking says about it. */
async function watchPayment(firstHour: number, count: number): Promise<{ statuses: Set<number>; came: Passed[]; made: number }> {
  const from = proxies.payment.passed.length
  const madeBefore = await noteMade()
  const statuses: number[] = []
  for (let hours = firstHour; statuses.length < count; hours += 1) {
    statuses.push(...(await Promise.all([1, 2, 3, 4, 5].map(() => book(hours)))).map(({ status }) => status))
  }
  return { statuses: new Set(statuses), came: proxies.payment.passed.slice(from), made: (await noteMade()) - madeBefore }
}

describe('retries', { timeout: 300_000 }, () => {
  it('carry bookings over a payment that breaks every third connection, and add less than 20 % to its load', async () => {
    let puts = 0
    proxies.payment.treat = ({ method }) => (method === 'PUT' && ++puts % 3 === 0 ? 'reset' : 'pass')
    const { statuses, came, made } = await watchPayment(100, 200)
    proxies.payment.treat = () => 'pass'
    const retries = countRetries(came)
    expect(retries).toBe(made)
    expect(retries).toBeGreaterThan(10)
    expect(retries).toBeLessThan((came.length - retries) * 0.2)
    // Beyond the budget an answer is missing, which reconciliation settles; nobody is told no.
    expect(statuses).toEqual(new Set([201, 202]))
  })

  it('add less than 20 % when it fails altogether: some few, and then the breaker keeps everything from its door', async () => {
    proxies.payment.treat = () => 'reset'
    const asked = 100
    const { statuses, came, made } = await watchPayment(200, asked)
    const retries = countRetries(came)
    expect(came.length).toBeGreaterThan(0)
    // The breaker may open between the decision to try again and the try.
    expect(retries).toBeLessThanOrEqual(made)
    expect(made).toBeLessThan(asked * 0.2)
    expect(came.length).toBeLessThan(asked)
    // 202: sent, and nobody knows; 503: not sent.
    expect([...statuses].filter((status) => status !== 202 && status !== 503)).toEqual([])
    expect(statuses).toContain(503)
    proxies.payment.treat = () => 'pass'
    await eventually('booking speaks to payment again', async () => (await book(300)).status === 201)
  })
})
