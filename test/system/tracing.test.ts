import { randomBytes } from 'node:crypto'
import type { ServiceName } from '@alcove/contracts'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { card, makePlace, slot, type Place } from './places.ts'

let receiver: OtlpReceiver
let api: Api
let member: Session
let place: Place

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  const env = {
    RATE_LIMITS: 'off',
    ...receiver.env,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=rooms%20and%20desks',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=somebody-else',
  }
  api = connect(await startStack({ demo: 'accounts', env, testControls: true }))
  member = await api.login('member')
  place = await makePlace(await api.login('operator'))
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
  await receiver?.close()
})

/** Books under a trace of the client's own, as an instrumented client would. */
async function book(hours: number, flags = '01'): Promise<{ traceId: string; clientSpanId: string; booking: BookingAnswer }> {
  const traceId = randomBytes(16).toString('hex')
  const clientSpanId = randomBytes(8).toString('hex')
  const headers = { traceparent: `00-${traceId}-${clientSpanId}-${flags}` }
  const booking = await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(hours), payment: card() }, headers)
  expect(booking.status).toBe(201)
  return { traceId, clientSpanId, booking: booking as unknown as BookingAnswer }
}

const find = (spans: readonly ReceivedSpan[], wanted: { service: ServiceName; kind: ReceivedSpan['kind']; name: string; type?: string }) =>
  spans.find(
    (span) =>
      span.service === wanted.service &&
      span.kind === wanted.kind &&
      span.name === wanted.name &&
      (wanted.type === undefined || span.attributes['cloudevents.event_type'] === wanted.type),
  )

const processOf = (spans: readonly ReceivedSpan[], service: ServiceName, topic: string, type: string) =>
  find(spans, { service, kind: 'consumer', name: `process alcove.${topic}`, type })

/** Spans whose parent is not among them, nor the client's own. */
function orphans(spans: readonly ReceivedSpan[], clientSpanId: string): ReceivedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId)).add(clientSpanId)
  return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))
}

describe('one trace', () => {
  it('leads from the gateway through booking, payment, outbox and log to notification, and back from payment to booking', async () => {
    const { traceId, clientSpanId, booking } = await book(0)
    const spans = await eventually('the whole trace has arrived', async () => {
      const all = receiver.trace(traceId)
      const ends = [
        processOf(all, 'notification', 'booking', 'booking.confirmed.v1'),
        processOf(all, 'reporting', 'booking', 'booking.confirmed.v1'),
        processOf(all, 'booking', 'payment', 'payment.captured.v1'),
        processOf(all, 'payment', 'booking', 'booking.confirmed.v1'),
        find(all, { service: 'gateway', kind: 'server', name: 'POST /api/v1/bookings' }),
      ]
      // Each service sends its own when it is time for it, a child's often before its parent's.
      expect(orphans(all, clientSpanId).map(({ service, name }) => `${service} ${name}`)).toEqual([])
      return ends.every(Boolean) && all
    })

    const expectPath = (...path: Parameters<typeof find>[1][]) => {
      let parentSpanId = clientSpanId
      for (const step of path) {
        const span = spans.find((candidate) => candidate.parentSpanId === parentSpanId && find([candidate], step))
        expect(span, `${step.service}: ${step.kind} ${step.name} ${step.type ?? ''} below ${parentSpanId}`).toBeDefined()
        parentSpanId = span!.spanId
      }
    }
    const edge = [
      { service: 'gateway', kind: 'server', name: 'POST /api/v1/bookings' },
      { service: 'gateway', kind: 'client', name: 'POST /v1/bookings' },
      { service: 'booking', kind: 'server', name: 'POST /v1/bookings' },
    ] as const
    const attempts = '/internal/attempts/{id}'
    expectPath(
      ...edge,
      { service: 'booking', kind: 'client', name: 'POST /internal/quotes' },
      { service: 'workspace', kind: 'server', name: 'POST /internal/quotes' },
    )
    expectPath(
      ...edge,
      { service: 'booking', kind: 'client', name: `PUT ${attempts}` },
      { service: 'payment', kind: 'server', name: 'PUT /internal/attempts/:id' },
    )
    const confirmed = { service: 'booking', kind: 'producer', name: 'publish alcove.booking', type: 'booking.confirmed.v1' } as const
    for (const service of ['notification', 'reporting', 'payment'] as const) {
      expectPath(...edge, confirmed, { service, kind: 'consumer', name: 'process alcove.booking', type: 'booking.confirmed.v1' })
    }
    const captured = processOf(spans, 'booking', 'payment', 'payment.captured.v1')!
    const publication = spans.find((span) => span.spanId === captured.parentSpanId)!
    expect(publication).toMatchObject({ service: 'payment', kind: 'producer', name: 'publish alcove.payment' })

    expect(spans.filter((span) => span.failed)).toEqual([])
    expect(booking.body.status).toBe('confirmed')
  })

  it('says what the conventions ask for, and neither path, query nor address', async () => {
    const { traceId, booking } = await book(1)
    const all = await eventually('the gateway’s span', async () => {
      const spans = receiver.trace(traceId)
      return (
        find(spans, { service: 'gateway', kind: 'server', name: 'POST /api/v1/bookings' }) &&
        processOf(spans, 'notification', 'booking', 'booking.confirmed.v1') &&
        spans
      )
    })
    const gateway = find(all, { service: 'gateway', kind: 'server', name: 'POST /api/v1/bookings' })!
    expect(gateway.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/v1/bookings',
      'http.response.status_code': 201,
      'url.path': '/api/v1/bookings',
      'url.scheme': 'http',
      'alcove.request_id': booking.headers['x-request-id'],
    })
    expect(gateway.resource).toMatchObject({
      'service.name': 'gateway',
      'service.namespace': 'alcove',
      'service.version': '0.1.0',
      'deployment.environment.name': 'test',
    })
    expect(gateway.resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/)
    const client = find(all, { service: 'gateway', kind: 'client', name: 'POST /v1/bookings' })!
    expect(client.attributes).toMatchObject({
      'http.request.method': 'POST',
      'url.template': '/v1/bookings',
      'server.address': 'booking',
      'http.response.status_code': 201,
    })
    const statement = all.find((span) => span.service === 'booking' && String(span.attributes['db.query.text']).includes('claim_booking'))!
    expect(statement).toMatchObject({ kind: 'client', failed: false })
    expect(all.find(({ spanId }) => spanId === statement.parentSpanId)).toMatchObject({ service: 'booking', kind: 'server', name: 'POST /v1/bookings' })
    const consumer = processOf(all, 'notification', 'booking', 'booking.confirmed.v1')!
    expect(consumer.attributes).toEqual({
      'messaging.system': 'alcove-log',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'alcove.booking',
      'messaging.destination.partition.id': expect.stringMatching(/^\d+$/),
      'messaging.message.offset': expect.stringMatching(/^\d+$/),
      'messaging.message.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'cloudevents.event_type': 'booking.confirmed.v1',
    })
    expect(receiver.headers()[0]).toMatchObject({ 'x-tenant': 'rooms and desks', 'content-type': 'application/json' })
    const text = receiver.text()
    for (const hidden of [member.token, place.spaceId, 'alcove.test', 'tok_ok', booking.body.id]) expect(text).not.toContain(hidden)
  })

  it('has its id in the log lines of every service it passed', async () => {
    const { traceId } = await book(2)
    for (const service of ['gateway', 'booking', 'payment', 'workspace'] as const) {
      const line = await eventually(`${service} logs it`, async () =>
        api.stack
          .logs(service)
          .split('\n')
          .find((each) => each.includes(`"trace_id":"${traceId}"`)),
      )
      expect(JSON.parse(line)).toMatchObject({ service, trace_id: traceId, requestId: expect.any(String) })
    }
  })

  it('shows a failure where it happened', async () => {
    const traceId = randomBytes(16).toString('hex')
    const headers = { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` }
    const answer = await member.call('GET', '/api/v1/bookings/01890000-0000-7000-8000-000000000000', undefined, headers)
    expect(answer.status).toBe(404)
    const [client, server] = await eventually('both ends', async () => {
      const spans = receiver.trace(traceId)
      const ends = [
        find(spans, { service: 'gateway', kind: 'client', name: 'GET /v1/bookings/{id}' }),
        find(spans, { service: 'booking', kind: 'server', name: 'GET /v1/bookings/:id' }),
      ]
      return ends.every(Boolean) && (ends as ReceivedSpan[])
    })
    // The same answer is an error for whoever asked and none for whoever was asked wrongly.
    expect(client).toMatchObject({ failed: true, attributes: { 'error.type': '404', 'http.response.status_code': 404 } })
    expect(server!.failed).toBe(false)
  })
})

describe('sampling', () => {
  it('follows the caller: what it does not record, nobody records, and the ids are passed on all the same', async () => {
    const unsampled = await book(3, '00')
    const sampled = await book(4)
    await eventually('the later one has arrived', async () => processOf(receiver.trace(sampled.traceId), 'notification', 'booking', 'booking.confirmed.v1'))
    await eventually('the earlier one is in the log', async () => api.stack.logs('booking').includes(unsampled.traceId))
    expect(receiver.trace(unsampled.traceId)).toEqual([])
  })

  it('probes by machines begin no traces', async () => {
    const probed = receiver.spans().filter((span) => /status|health/.test(span.name))
    expect(probed.map(({ service, name }) => `${service} ${name}`)).toEqual([])
  })
})

describe('events handled together', () => {
  it('share one more span that links to each of them, and each keeps a span in its own trace', async () => {
    await api.stack.stop('reporting')
    const traces = await Promise.all([10, 11, 12, 13, 14, 15].map((hours) => book(hours)))
    const ids = new Set(traces.map(({ traceId }) => traceId))
    await eventually('all are published', async () => {
      const published = receiver.spans().filter((span) => ids.has(span.traceId) && span.attributes['cloudevents.event_type'] === 'booking.confirmed.v1')
      return published.filter((span) => span.kind === 'producer').length === traces.length
    })
    await api.stack.start('reporting')
    const batches = await eventually('reporting has handled them', async () => {
      const found = receiver.spans().filter((span) => span.service === 'reporting' && span.links.some(({ traceId }) => ids.has(traceId)))
      const linked = new Set(found.flatMap((span) => span.links.map(({ traceId }) => traceId)))
      const alone = receiver.spans().filter((span) => span.service === 'reporting' && ids.has(span.traceId))
      return found.length > 0 && [...ids].every((id) => linked.has(id) || alone.some(({ traceId }) => traceId === id)) && found
    })
    const findOwn = (link: { traceId: string; spanId: string }) =>
      receiver.trace(link.traceId).filter((span) => span.service === 'reporting' && span.parentSpanId === link.spanId)
    // A process sends its spans in batches: those of one moment may arrive in two.
    await eventually('every event’s own span has arrived', async () => batches.every(({ links }) => links.every((link) => findOwn(link).length > 0)))
    for (const batch of batches) {
      expect(batch).toMatchObject({ kind: 'consumer', name: expect.stringMatching(/^process alcove\.(booking|payment)$/), parentSpanId: '' })
      expect(batch.attributes['messaging.batch.message_count']).toBe(batch.links.length)
      for (const link of batch.links) {
        expect(findOwn(link)).toHaveLength(1)
        expect(receiver.trace(link.traceId).some((span) => span.spanId === link.spanId && span.kind === 'producer')).toBe(true)
      }
    }
  })
})

describe('a receiver that is away', () => {
  it('costs spans and nothing else; draining still ends in time', async () => {
    await receiver.close()
    expect((await book(20)).booking.status).toBe(201)
    await api.stack.stop('booking')
    const last = api.stack.status().find(({ service }) => service === 'booking')
    expect(last).toMatchObject({ state: 'stopped', lastExit: 'code 0' })
  })
})
