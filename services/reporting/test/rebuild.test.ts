import {
  bookingCheckedIn,
  bookingCompleted,
  bookingConfirmed,
  bookingCreated,
  bookingRescheduled,
  bookingRescheduledV2,
  closureDeleted,
  eventTypes,
  spaceUpdated,
  type CloudEvent,
  type EventType,
} from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { assertPrismaMatchesDatabase, buildEvent, replayLate } from '@alcove/testing'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onAnyEvent } from '../src/consumers/on-any-event.ts'
import { project } from '../src/db/projections.ts'
import { keepRawEvents } from '../src/db/raw-events.ts'
import { rebuildReadModels } from '../src/db/rebuild.ts'
import { buildBooking, buildClosure, buildLocation, buildPayment, buildSpace, cancelled, createFixture, idOf, type Fixture } from './fixture.ts'

let fixture: Fixture
const more: Fixture[] = []
beforeEach(async () => {
  fixture = await createFixture()
})
afterEach(async () => {
  for (const each of [fixture, ...more.splice(0)]) await each.close()
})

const models = ['location', 'space', 'closure', 'booking', 'payment', 'audit_entry']
async function snapshot({ database }: Fixture): Promise<Record<string, unknown[]>> {
  const entries = models.map(async (table) => [table, (await database.pool.query(`SELECT * FROM ${table} ORDER BY id`)).rows] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** A history with several versions of everything. */
function buildHistory(): CloudEvent[] {
  const location = buildLocation()
  const space = buildSpace(idOf(location), 2)
  const closure = buildClosure(idOf(location))
  const at = { locationId: idOf(location), spaceId: idOf(space) }
  const events = [location, space, closure, buildEvent(closureDeleted, { ...(closure.data as typeof closureDeleted.example), version: 2 })]
  events.push(buildEvent(spaceUpdated, { ...(space.data as typeof spaceUpdated.example), version: 2, name: 'Quiet desks' }))
  for (let n = 0; n < 20; n += 1) {
    const first = buildBooking({ ...at, version: 1, status: 'pending_payment' }, bookingCreated)
    const bookingId = idOf(first)
    const next = (state: object, eventType: EventType = bookingConfirmed) => buildBooking({ ...at, bookingId, ...state }, eventType)
    events.push(first, next({ version: 2, status: 'confirmed' }), buildPayment({ bookingId, version: 2 }))
    const moved = { version: 3, startsAt: '2026-01-06T11:00:00Z', endsAt: '2026-01-06T12:00:00Z' }
    const successor = next(moved, bookingRescheduledV2)
    events.push(next({ ...moved, successorEventId: successor.id }, bookingRescheduled), successor)
    if (n % 3 === 0) events.push(next({ version: 4 }, cancelled))
    else events.push(next({ version: 4 }, bookingCheckedIn), next({ version: 5, checkedOutAt: '2026-01-06T11:30:00Z' }, bookingCompleted))
  }
  return events
}

/** A fixed shuffle, the same in every run. */
function shuffle<T>(things: readonly T[], seed: number): T[] {
  const result = [...things]
  for (let i = result.length - 1, state = seed; i > 0; i -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    const j = state % (i + 1)
    ;[result[i], result[j]] = [result[j]!, result[i]!]
  }
  return result
}

describe('read models', () => {
  it('are the same after a rebuild from the raw events', async () => {
    await fixture.feed(...buildHistory())
    const before = await snapshot(fixture)
    expect(before.booking).toHaveLength(20)
    await fixture.database.pool.query('UPDATE booking SET version = 0, total_minor = 1')
    await fixture.database.pool.query('DELETE FROM space')
    await rebuildReadModels(fixture.database.pool)
    expect(await snapshot(fixture)).toEqual(before)
  })

  it('are the same whatever the order of the events and however often they come', async () => {
    const history = buildHistory()
    await fixture.feed(...history)
    for (const seed of [1, 2, 3]) {
      const other = await createFixture()
      more.push(other)
      await other.feed(...shuffle([...history, ...history], seed))
      expect(await snapshot(other)).toEqual(await snapshot(fixture))
      await rebuildReadModels(other.database.pool)
      expect(await snapshot(other)).toEqual(await snapshot(fixture))
    }
  })

  it('keep to the newest version when an older event is replayed late, whose line in the audit log and raw copy are kept all the same', async () => {
    const bookingId = newId()
    const [dead, ...meanwhile] = [bookingCreated, bookingConfirmed].map((eventType) =>
      buildBooking({ bookingId, version: eventType.example.version }, eventType),
    )
    const { pool } = fixture.database
    const handlers = onAnyEvent({ keepRawEvents, project })
    expect(await replayLate({ pool, handlers, topic: 'booking' }, { dead: dead!, meanwhile })).toBe('superseded')
    expect((await pool.query('SELECT version FROM booking')).rows).toEqual([{ version: 2 }])
    expect((await pool.query('SELECT type FROM raw_event ORDER BY seq')).rows.map(({ type }) => type)).toEqual(['booking.confirmed.v1', 'booking.created.v1'])
    expect((await pool.query('SELECT FROM audit_entry')).rowCount).toBe(2)
  })

  it('keep every event raw, as it came', async () => {
    const events = eventTypes.map((eventType) => ({ ...buildEvent(eventType), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }))
    await fixture.feed(...events, ...events)
    const { rows } = await fixture.database.pool.query('SELECT event FROM raw_event ORDER BY seq')
    expect(rows.map(({ event }) => event)).toEqual(events)
  })

  it('have a Prisma model that fits the database', async () => {
    await assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), fixture.database.pool)
  })
})
