import { readFileSync } from 'node:fs'
import { bookingRescheduled, bookingRescheduledV2, hasSuccessor, type BookingMove, type CloudEvent } from '@alcove/contracts'
import { onEvent, type Handler } from '@alcove/events'
import { compileBody } from '@alcove/kit'
import { buildEvent, deliverMessage } from '@alcove/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildRequest, card, createHarness, monday, type Any, type Harness } from './app-builders.ts'

// The worked example of docs/events-v2.md: one move, told in two versions.
let h: Harness
beforeAll(async () => {
  h = await createHarness()
})
afterEach(() => h.clock.set(monday))
afterAll(() => h.close())

const later = { startsAt: '2026-01-05T12:00:00Z', endsAt: '2026-01-05T14:00:00Z' }

interface Row {
  id: string
  type: string
  data: Any
  xmin: string
  occurred_at: Date
}

/** Books an hour for 1000, moves it to two hours, and answers what stands in the outbox of the move. */
async function move() {
  const member = await h.as()
  const space = h.fakes.addSpace({ hourMinor: 1000 })
  const { body: booking } = await member.send('POST', '/v1/bookings', { body: buildRequest(space, card) })
  const { status } = await member.send('PATCH', `/v1/bookings/${booking.id}`, { body: { ...later, ...card }, headers: { 'if-match': '"2"' } })
  expect(status).toBe(200)
  const { rows } = await h.pool.query<Row>(
    "SELECT id, type, data, xmin, occurred_at FROM outbox WHERE key = $1 AND type LIKE 'booking.rescheduled.%' ORDER BY seq",
    [booking.id],
  )
  return { booking, space, member, rows, events: rows.map(toEvent) }
}

const toEvent = ({ id, type, data }: Row): CloudEvent => ({ ...buildEvent(type.endsWith('.v1') ? bookingRescheduled : bookingRescheduledV2, data), id })

describe('a move', () => {
  test('is told in both versions by one transaction, under ids of their own and one version of the booking', async () => {
    const { rows, booking, space, member } = await move()
    expect(rows.map(({ type, data }) => [type, data.version])).toEqual([
      ['booking.rescheduled.v1', 3],
      ['booking.rescheduled.v2', 3],
    ])
    const [v1, v2] = rows as [Row, Row]
    expect(v1.xmin).toBe(v2.xmin)
    expect(v1.id).not.toBe(v2.id)
    expect(v1.data.successorEventId).toBe(v2.id)
    expect(v1.data.previous).toEqual({ spaceId: space.id, unitId: booking.unitId, startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-05T11:00:00Z' })
    expect(v2.data).toMatchObject({
      ...later,
      totalMinor: 2000,
      previous: { ...v1.data.previous, locationId: booking.locationId, timeZone: booking.timeZone, currency: booking.price.total.currency, totalMinor: 1000 },
      actor: { type: 'user', id: member.userId },
    })
    const { body } = await member.send('GET', `/v1/bookings/${booking.id}/timeline`)
    expect(body.items.filter(({ what }: Any) => what === 'rescheduled')).toHaveLength(1)
  })

  test('confirmation and cancellation are told once as ever', async () => {
    const { booking, member } = await move()
    await member.send('POST', `/v1/bookings/${booking.id}/cancel`, { body: {} })
    const types = (await h.events(booking.id)).map(({ type }) => type)
    expect(types.filter((type) => type.startsWith('booking.confirmed.'))).toEqual(['booking.confirmed.v1'])
    expect(types.filter((type) => type.startsWith('booking.cancelled.'))).toEqual(['booking.cancelled.v1'])
  })

  test('v1 is what the released schema promised', async () => {
    const released = JSON.parse(readFileSync(new URL('../../../packages/contracts/released/booking.json', import.meta.url), 'utf8')) as Any
    const { rows } = await move()
    const accepts = compileBody(released['booking.rescheduled.v1'])
    expect(accepts(rows[0]!.data), JSON.stringify(accepts.errors)).toBe(true)
  })
})

describe('consumers', () => {
  /** Delivers both events twice, as a topic may, and counts what a consumer does. */
  async function play(events: readonly CloudEvent[], handlers: (acted: CloudEvent[]) => Handler[]) {
    const acted: CloudEvent[] = []
    for (const event of [...events, ...events]) await deliverMessage({ pool: h.pool, handlers: handlers(acted), clock: h.clock }, 'booking', event)
    await h.pool.query('DELETE FROM inbox')
    return acted
  }

  /** Written before v2 was thought of. */
  const oldConsumer = (acted: CloudEvent[]) => [onEvent(bookingRescheduled, async ({ event }) => void acted.push(event))]
  const newConsumer = (acted: CloudEvent[]) => [
    onEvent(bookingRescheduledV2, async ({ event }) => void acted.push(event)),
    onEvent(bookingRescheduled, async ({ event }) => void (hasSuccessor(event) || acted.push(event))),
  ]

  test('an old one acts on v1, once', async () => {
    const { events } = await move()
    const acted = await play(events, oldConsumer)
    expect(acted.map(({ type, id }) => [type, id])).toEqual([['booking.rescheduled.v1', events[0]!.id]])
  })

  test('a new one acts on v2, once, and knows what the move changed in price', async () => {
    const { events } = await move()
    const acted = await play(events, newConsumer)
    expect(acted.map(({ type, id }) => [type, id])).toEqual([['booking.rescheduled.v2', events[1]!.id]])
    const { totalMinor, previous } = acted[0]!.data as BookingMove
    expect(totalMinor - previous.totalMinor).toBe(1000)
  })

  test('a new one acts on a v1 of before there was a v2', async () => {
    const { events } = await move()
    const { successorEventId: _none, ...before } = events[0]!.data
    expect(await play([{ ...events[0]!, data: before }], newConsumer)).toHaveLength(1)
  })
})
