import type { Location, PolicyResource, PriceBookResource, Space } from '@alcove/contracts'
import { newId, type Role } from '@alcove/kit'
import { buildTestContext, createTestDatabase, type TestContext, type TestDatabase } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../src/app.ts'
import { createCatalogue } from '../src/db/catalogue.ts'
import { createInTransaction } from '../src/db/in-transaction.ts'
import { createReads } from '../src/db/reads.ts'
import type { RetireRequest } from '../src/domain/retirement.ts'

/** booking as workspace sees it: units named in `inUse` have future bookings. */
export interface FakeBooking {
  requests: RetireRequest[]
  inUse: Set<string>
  /** Thrown instead of an answer. */
  failure?: Error
  /** Runs while booking is being asked. */
  meanwhile?: () => Promise<void>
}

export interface TestApp extends TestContext {
  app: FastifyInstance
  database: TestDatabase
  booking: FakeBooking
  deps: Parameters<typeof buildApp>[0]
  request(method: string, url: string, options?: { roles?: Role[]; userId?: string; body?: unknown; headers?: Record<string, string> }): Promise<Answer>
  asBooking(url: string, body: unknown): Promise<Answer>
  /** Types of the events in the outbox about one aggregate, in order. */
  listEvents(key: string): Promise<{ type: string; data: Record<string, unknown> }[]>
  close(): Promise<void>
}

export interface Answer {
  status: number
  headers: Record<string, unknown>
  // Tests look at whatever the answer holds.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

const operator: Role[] = ['operator']
export const presentAt = '2027-01-01T12:00:00Z'

/** The application against a database of its own, at a fixed time, with booking faked at the client interface. */
export async function buildTestApp(): Promise<TestApp> {
  const database = await createTestDatabase('workspace')
  const context = await buildTestContext('workspace', presentAt)
  const booking: FakeBooking = { requests: [], inUse: new Set() }
  const { pool } = database
  const catalogue = createCatalogue({ pool, clock: context.clock })
  const deps = {
    ...context,
    newId,
    catalogue,
    reads: createReads(pool),
    inTransaction: createInTransaction({ pool, onChange: () => catalogue.clear() }),
    retireUnits: async (request: RetireRequest) => {
      booking.requests.push(request)
      await booking.meanwhile?.()
      if (booking.failure) throw booking.failure
      const isInUse = request.spaces.some(({ spaceId, unitIds }) => (unitIds ? unitIds.some((id) => booking.inUse.has(id)) : booking.inUse.has(spaceId)))
      return { inUse: isInUse }
    },
  }
  const app = buildApp(deps)
  await app.ready()
  const inject = async (method: string, url: string, options: { headers: Record<string, string>; body?: unknown }): Promise<Answer> => {
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: { ...options.headers, ...(options.body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(options.body === undefined ? {} : { payload: JSON.stringify(options.body) }),
    })
    return { status: answer.statusCode, headers: answer.headers, body: answer.body ? JSON.parse(answer.body) : undefined }
  }
  return {
    ...context,
    app,
    database,
    booking,
    deps,
    request: async (method, url, { roles = operator, userId, body, headers } = {}) =>
      inject(method, url, { headers: { ...(roles.length > 0 ? await context.tokens.as(roles, userId) : {}), ...headers }, body }),
    asBooking: async (url, body) => inject('POST', url, { headers: await context.tokens.asService('booking'), body }),
    listEvents: async (key) =>
      (await pool.query('SELECT type, data FROM outbox WHERE key = $1 ORDER BY seq', [key])).rows as { type: string; data: Record<string, unknown> }[],
    async close() {
      await app.close()
      await database.drop()
    },
  }
}

const made = async <T>(app: TestApp, path: string, body: object): Promise<T> => {
  const answer = await app.request('POST', path, { body })
  if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body as T
}

export const buildLocation = (app: TestApp, members: object = {}) =>
  made<Location>(app, '/v1/locations', {
    name: 'Harbour',
    timeZone: 'Europe/London',
    address: '1 Quay',
    currency: 'GBP',
    taxRatePercent: 20,
    weekStartsOn: 1,
    ...members,
  })
export const buildSpace = (app: TestApp, members: { locationId: string } & Record<string, unknown>) =>
  made<Space>(app, '/v1/spaces', { name: 'Desk', kind: 'desk', ...members })
export const buildPolicy = (app: TestApp, members: object = {}) => made<PolicyResource>(app, '/v1/policies', { name: 'Rules', ...members })
export const buildPriceBook = (app: TestApp, members: object = {}) =>
  made<PriceBookResource>(app, '/v1/price-books', {
    name: 'Prices',
    currency: 'GBP',
    rules: [{ unit: 'hour', amountMinor: 1_000, creditsPerUnit: 2 }],
    ...members,
  })
/** Pointers of a problem's errors. */
export const pointersOf = (answer: Answer): string[] => (answer.body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer).sort()
export const unknownId = '01890000-0000-7000-8000-00000000dead'
