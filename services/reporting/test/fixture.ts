import {
  bookingCancelled,
  bookingConfirmed,
  bookingCreated,
  closureCreated,
  locationCreated,
  paymentCaptured,
  spaceCreated,
  type AuditEntry,
  type BookingState,
  type CloudEvent,
  type EventType,
  type PaymentState,
  type RevenueItem,
  type UtilisationItem,
} from '@alcove/contracts'
import { createInbox, type Delivery } from '@alcove/events'
import { newId } from '@alcove/kit'
import { buildEvent, buildTestContext, createTestDatabase, type TestContext, type TestDatabase } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../src/app.ts'
import type { AuditSource } from '../src/domain/audit.ts'
import { onAnyEvent } from '../src/consumers/on-any-event.ts'
import { project } from '../src/db/projections.ts'
import { findNewestTime, keepRawEvents } from '../src/db/raw-events.ts'
import { createReads } from '../src/db/reads.ts'
import { rebuildApart } from '../src/db/rebuild.ts'

/** Members of all the answers and of problems: a test names those that it expects. */
export interface AnswerBody {
  asOf: string
  items: (UtilisationItem & RevenueItem & AuditEntry)[]
  nextCursor: string | null
  errors: { pointer: string }[]
}

/** The service on a database of its own, fed with events through its real inbox. */
export interface Fixture {
  app: FastifyInstance
  /** What services would say of where entries came from. */
  sources: Map<string, AuditSource>
  context: TestContext
  database: TestDatabase
  feed(...events: CloudEvent[]): Promise<void>
  get(url: string, role?: 'member' | 'team-admin' | 'operator' | 'admin'): Promise<{ status: number; body: AnswerBody }>
  close(): Promise<void>
}

const weekdays = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '08:00', closes: '18:00' }))
type Data<E extends EventType> = Partial<E['example']>

export const buildLocation = (state: Data<typeof locationCreated> = {}) =>
  buildEvent(locationCreated, {
    ...locationCreated.example,
    locationId: newId(),
    timeZone: 'Europe/Berlin',
    currency: 'EUR',
    openingHours: { weekly: weekdays, exceptions: [] },
    ...state,
  })
export const buildSpace = (locationId: string, units: number, state: Data<typeof spaceCreated> = {}) =>
  buildEvent(spaceCreated, {
    ...spaceCreated.example,
    spaceId: newId(),
    locationId,
    units: Array.from({ length: units }, () => ({ unitId: newId(), status: 'active' as const })),
    ...state,
  })
export const buildClosure = (locationId: string, state: Data<typeof closureCreated> = {}) =>
  buildEvent(closureCreated, { ...closureCreated.example, closureId: newId(), locationId, ...state })
/** A confirmed booking unless said otherwise. */
export const buildBooking = (state: Partial<BookingState>, eventType: EventType = bookingConfirmed) =>
  buildEvent(eventType, { ...(eventType.example as BookingState), bookingId: newId(), currency: 'EUR', ...state })
export const buildPayment = (state: Partial<PaymentState>) =>
  buildEvent(paymentCaptured, { ...paymentCaptured.example, paymentId: newId(), currency: 'EUR', ...state })

export const idOf = (event: CloudEvent) => event.subject
export const created = bookingCreated
export const cancelled = bookingCancelled

const topicOf = (event: CloudEvent) => event.source.replace('/alcove/', '')

/** Now is Monday, 2026-01-05, 12:00 in Berlin. */
export async function createFixture(now = '2026-01-05T11:00:00Z'): Promise<Fixture> {
  const [database, context] = await Promise.all([createTestDatabase('reporting'), buildTestContext('reporting', now)])
  const inbox = createInbox({
    pool: database.pool,
    handlers: onAnyEvent({ keepRawEvents, project }),
    clock: context.clock,
    log: context.log,
    togetherMax: 2000,
  })
  const reads = createReads(database.pool)
  const sources = new Map<string, AuditSource>()
  const app = buildApp({
    ...context,
    reads,
    findSources: async () => sources,
    rebuild: () => rebuildApart(database.url),
    readAsOf: async () => (await findNewestTime(database.pool)) ?? context.clock.now(),
  })
  await app.ready()
  let offset = 0n
  return {
    app,
    sources,
    context,
    database,
    async feed(...events) {
      const deliveries: Delivery[] = events.map((event) => ({
        topic: topicOf(event),
        partition: 0,
        offset: offset++,
        key: event.subject,
        value: JSON.stringify(event),
      }))
      await inbox.process(deliveries, new AbortController().signal)
      const { rows } = await database.pool.query('SELECT type, error FROM dead_letter')
      if (rows.length > 0) throw new Error(`dead letters: ${JSON.stringify(rows)}`)
    },
    async get(url, role = 'operator') {
      const response = await app.inject({ url, headers: await context.tokens.as([role]) })
      return { status: response.statusCode, body: response.json() }
    },
    async close() {
      await app.close()
      await database.drop()
    },
  }
}
