import { connect as connectTcp } from 'node:net'
import type { ServiceName } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { query } from './databases.ts'
import { describeExposed, readDocumented } from './metrics/documented.ts'
import { parseExposition, sumOf, type Family, type Sample } from './metrics/exposition.ts'
import { judgeMetricUses } from './metrics/uses.ts'
import { card, makePlace, slot, type Place } from './places.ts'

let api: Api
let member: Session
let place: Place

beforeAll(async () => {
  api = connect(await startStack({ demo: 'accounts', env: { RATE_LIMITS: 'off' }, testControls: true }))
  member = await api.login('member')
  place = await makePlace(await api.login('operator'), { units: 1 })
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const services = () => Object.keys(api.stack.urls) as ServiceName[]
const readMetrics = async (service: ServiceName) => parseExposition(await (await fetch(`${api.stack.opsUrls(service)[0]}/metrics`)).text())
const readAll = async () => new Map<ServiceName, Family[]>(await Promise.all(services().map(async (name) => [name, await readMetrics(name)] as const)))
const read = async (service: ServiceName, name: string, labels?: Record<string, string>) => sumOf(await readMetrics(service), name, labels)
const book = async (hours: number, payment = card()) =>
  (await member.call(
    'POST',
    '/api/v1/bookings',
    { spaceId: place.spaceId, ...slot(hours), payment },
    { 'idempotency-key': newId() },
  )) as unknown as BookingAnswer
const bookAccepted = async (hours: number): Promise<number> => {
  const { status } = await book(hours)
  expect([201, 202]).toContain(status)
  return status
}
/** Waits until a value is what it must become, and says what it was. */
const untilIs = (expected: number, service: ServiceName, name: string, labels?: Record<string, string>) =>
  eventually(`${name} of ${service} is ${expected}`, async () => (await read(service, name, labels)) === expected)
const setConsumers = (service: ServiceName, paused: boolean) =>
  fetch(`${api.stack.opsUrls(service)[0]}/consumers`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paused }) })

describe('what the design asks to be seen has the value it must', () => {
  it('requests by route template and status, claims, refusals by reason, attempts, messages, events', async () => {
    // 202 where the bank's answer took long: what was answered is what must be counted.
    const statuses = [await bookAccepted(0), await bookAccepted(2), (await book(0)).status, (await book(4, card('tok_declined'))).status]
    expect(statuses[2]).toBe(409)
    for (const status of new Set(statuses)) {
      const count = statuses.filter((each) => each === status).length
      const labels = { method: 'POST', status: String(status) }
      await untilIs(count, 'gateway', 'http_request_duration_seconds_count', { ...labels, route: '/api/v1/bookings' })
      await untilIs(count, 'booking', 'http_request_duration_seconds_count', { ...labels, route: '/v1/bookings' })
    }
    // The third, declined one held its time until the bank had spoken.
    await untilIs(3, 'booking', 'alcove_booking_claims_total', { kind: 'booking' })
    await untilIs(1, 'booking', 'alcove_booking_refusals_total', { reason: 'slot-conflict' })
    await untilIs(2, 'booking', 'alcove_booking_attempts_settled_total', { end: 'authorized' })
    await untilIs(1, 'booking', 'alcove_booking_attempts_settled_total', { end: 'refused' })
    await untilIs(2, 'booking', 'alcove_events_published_total', { topic: 'booking', type: 'booking.confirmed.v1' })
    for (const service of ['payment', 'notification', 'reporting'] as const) {
      await untilIs(2, service, 'alcove_events_handled_total', { topic: 'booking', type: 'booking.confirmed.v1' })
    }
    // A mail and an entry of the inbox each.
    await untilIs(4, 'notification', 'alcove_messages_finished_total', { kind: 'booking-confirmed', outcome: 'sent' })
    await untilIs(0, 'notification', 'alcove_message_oldest_owed_seconds')
    expect(await read('payment', 'alcove_provider_request_duration_seconds_count', { operation: 'authorize' })).toBeGreaterThanOrEqual(3)
    // No id of anything stands in a label.
    for (const [service, families] of await readAll()) {
      const templates = families.flatMap(({ samples }) => samples.map(({ labels }) => labels.route ?? ''))
      expect(
        templates.filter((route) => /[0-9a-f]{8}-[0-9a-f]{4}/.test(route)),
        service,
      ).toEqual([])
    }
  })

  it('what waits: the outbox’s age while the log takes nothing, the lag of a consumer that is stopped, a dead letter', async () => {
    const lock = new pg.Client({ connectionString: api.stack.databaseUrls.event_log })
    await lock.connect()
    await lock.query('BEGIN; LOCK TABLE log_partition IN ACCESS EXCLUSIVE MODE')
    await bookAccepted(6)
    await eventually('the outbox grows old', async () => (await read('booking', 'alcove_outbox_age_seconds')) > 0.5)
    await lock.end()
    await untilIs(0, 'booking', 'alcove_outbox_age_seconds')

    await setConsumers('notification', true)
    await bookAccepted(8)
    await eventually('notification is behind', async () => (await read('notification', 'alcove_consumer_lag')) > 0)
    await setConsumers('notification', false)
    await untilIs(0, 'notification', 'alcove_consumer_lag')

    expect(await read('reporting', 'alcove_dead_letters')).toBe(0)
    await query(api.stack, 'event_log', `SELECT log_append('user', ARRAY['poison'], ARRAY['not JSON'])`)
    await untilIs(1, 'reporting', 'alcove_dead_letters')
  })

  it('pools: connections by state', async () => {
    const pool = (state: string) => read('booking', 'alcove_database_pool_connections', { state })
    await eventually('a connection is idle', async () => (await pool('idle')) > 0)
    expect(await pool('waiting')).toBe(0)
  })

  it('calls: latency by callee and status class, retries, refusals and the breaker’s state, while a callee is away', async () => {
    const callee = 'workspace'
    const stateOf = (state: string) => read('booking', 'alcove_circuit_breaker_state', { caller: 'booking', callee, state })
    expect(await read('booking', 'alcove_client_request_duration_seconds_count', { callee, outcome: '2xx' })).toBeGreaterThan(0)
    expect([await stateOf('closed'), await stateOf('open'), await stateOf('half-open')]).toEqual([1, 0, 0])
    await api.stack.stop(callee)
    await eventually('the breaker is open', async () => {
      await book(10)
      return (await stateOf('open')) === 1
    })
    expect(await stateOf('closed')).toBe(0)
    await eventually('a call is refused by it', async () => {
      await book(10)
      return (await read('booking', 'alcove_client_refusals_total', { callee, by: 'breaker' })) > 0
    })
    expect(await read('booking', 'alcove_client_request_duration_seconds_count', { callee, outcome: 'refused' })).toBeGreaterThan(0)
    expect(await read('booking', 'alcove_client_retries_total', { callee, outcome: 'made' })).toBeGreaterThan(0)
    await api.stack.start(callee)
    await eventually('it closes again', async () => {
      await book(12)
      return (await stateOf('closed')) === 1
    })
  })

  it('the edge: what was answered before while a service is away, and what clients did that were cut', async () => {
    const spaces = () => member.call('GET', '/api/v1/spaces')
    // It was away just now, and the gateway looks again in its own time.
    await eventually('the gateway answers from workspace', async () => (await spaces()).status === 200)
    await api.stack.stop('workspace')
    await eventually('a stale answer', async () => (await spaces()).headers['x-cache'] === 'stale')
    expect(await read('gateway', 'alcove_gateway_stale_answers_total', { callee: 'workspace' })).toBeGreaterThan(0)
    expect(await read('gateway', 'alcove_gateway_kept_answers_bytes')).toBeGreaterThan(0)
    await api.stack.start('workspace')
    const broken = new URL(api.stack.urls.gateway)
    connectTcp(Number(broken.port), broken.hostname)
      .on('error', () => undefined)
      .end('no HTTP\r\n\r\n')
    await eventually('a connection was cut', async () => (await read('gateway', 'http_connections_cut_total')) > 0)
  })
})

// Last, when everything that is counted has happened.
describe('the names', () => {
  it('are those of docs/metrics.md: type, labels, services and help, none more and none less', async () => {
    const { always, configured } = readDocumented()
    expect(always.length).toBeGreaterThan(20)
    expect(describeExposed(await readAll())).toEqual(always)
    expect(configured.map(({ name }) => name)).toEqual(['alcove_gateway_redis_failures_total', 'alcove_gateway_redis_up'])
  })

  it('are all that dashboards and alert rules ask for, with the labels they ask by', async () => {
    expect(judgeMetricUses([...(await readAll()).values()])).toEqual({ unknown: [], silent: [], unlabelled: [] })
  })

  it('would be missed: a metric that is not there, one without series, one without a label', async () => {
    const present = [...(await readAll()).values()]
    const change = (edit: (family: Family) => Family[]) => judgeMetricUses(present.map((families) => families.flatMap((family) => edit(family))))
    const without = (label: string, { labels: { [label]: _gone, ...labels }, ...sample }: Sample): Sample => ({ ...sample, labels })
    const isLag = ({ name }: Family) => name === 'alcove_consumer_lag'
    expect(change((family) => (isLag(family) ? [] : [family])).unknown.join()).toContain('alcove_consumer_lag of ')
    expect(change((family) => [isLag(family) ? { ...family, samples: [] } : family]).silent.join()).toContain('alcove_consumer_lag of ')
    const unlabelled = change((family) => [{ ...family, samples: family.samples.map((sample) => without('callee', sample)) }]).unlabelled
    expect(unlabelled.join()).toMatch(/alcove_circuit_breaker_state of .*callee/)
  })
})
