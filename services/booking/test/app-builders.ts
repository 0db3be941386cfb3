import { randomBytes } from 'node:crypto'
import type { Attempt, Person, Schedules, SpaceQuote } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { newId, type Role } from '@alcove/kit'
import { judgeInterval } from '@alcove/rules'
import { buildTestContext, createTestDatabase } from '@alcove/testing'
import { buildApp } from '../src/app.ts'
import { createBookingLists } from '../src/db/booking-list.ts'
import { createAttemptReader, createBookingReader } from '../src/db/booking-reader.ts'
import { createAuditedStore } from '../src/db/audited-store.ts'
import { createClaimSource } from '../src/db/claims.ts'
import { createInternalReads } from '../src/db/event-effects.ts'
import { createPrisma } from '../src/db/prisma.ts'
import { createSweeps, createTwoPhaseStore } from '../src/db/sweeps.ts'
import { createBackgroundWork } from '../src/domain/background-work.ts'
import type { AuthorizeAnswer, Closure, Occupancy, Payments, QuoteRequest } from '../src/domain/ports.ts'
import { toReference } from '../src/domain/reference.ts'
import { settleAttempts } from '../src/domain/settle-attempts.ts'

export const monday = '2026-01-05T08:00:00Z'

export interface FakeSpace {
  id: string
  locationId: string
  units: string[]
  hourMinor: number
  creditsPerHour: number | null
  capacity: number
  revision: number
  bufferBefore: number
  bufferAfter: number
  timeZone: string
  currency: string
  policy: SpaceQuote['policy']
  brokenRules: SpaceQuote['brokenRules']
  /** Judged by the rules that workspace judges by, besides `brokenRules`. */
  judges: boolean
  status: 'active' | 'disabled'
}

/** The other services, at the client interface: what they know can be changed by a test, and how they fail. */
export function createFakes() {
  const people = new Map<string, Person>()
  const spaces = new Map<string, FakeSpace>()
  /** `held`: workspace answers no quote before this settles. */
  const failures: { user?: Error; workspace?: Error; held?: Promise<void> } = {}
  const payment = createFakePayments()
  const closures = new Map<string, Closure>()
  return {
    spaces,
    /** What workspace knows of closures, and booking has perhaps not heard of yet. */
    closures,
    closureSource: {
      async findClosure(id: string): Promise<Closure | undefined> {
        if (failures.workspace) throw failures.workspace
        return closures.get(id)
      },
      async isClosed({ locationId, spaceId, startsAt, endsAt }: Occupancy): Promise<boolean> {
        if (failures.workspace) throw failures.workspace
        return [...closures.values()].some(
          (closure) =>
            closure.locationId === locationId &&
            (closure.spaceIds.length === 0 || closure.spaceIds.includes(spaceId)) &&
            closure.startsAt < endsAt &&
            closure.endsAt > startsAt,
        )
      },
    },
    addClosure(space: Pick<FakeSpace, 'id' | 'locationId'>, interval: { startsAt: string; endsAt: string }): Closure {
      const closure = {
        id: newId(),
        locationId: space.locationId,
        spaceIds: [space.id],
        startsAt: new Date(interval.startsAt),
        endsAt: new Date(interval.endsAt),
      }
      closures.set(closure.id, closure)
      return closure
    },
    failures,
    payment,
    people: {
      async findPerson(id: string): Promise<Person | undefined> {
        if (failures.user) throw failures.user
        return people.get(id) ?? { id, status: 'active', displayName: 'Ada', locale: 'en', timeZone: 'Europe/Berlin', planId: null, teams: [] }
      },
    },
    setPerson: (person: Partial<Person> & { id: string }) =>
      people.set(person.id, { status: 'active', displayName: 'Ada', locale: 'en', timeZone: 'UTC', planId: null, teams: [], ...person }),
    spaceSource: {
      async findQuote(asked: QuoteRequest): Promise<SpaceQuote | undefined> {
        if (failures.workspace) throw failures.workspace
        await failures.held
        const space = spaces.get(asked.spaceId)
        if (!space) return undefined
        const found = quote(space, Math.max(0, asked.endsAt.getTime() - asked.startsAt.getTime()) / 3_600_000)
        return space.judges ? { ...found, brokenRules: [...found.brokenRules, ...judge(space, asked, [...closures.values()])] } : found
      },
      async listSchedules(asked: { from: Date; to: Date; spaceIds?: string[]; locationId?: string }): Promise<Schedules> {
        if (failures.workspace) throw failures.workspace
        const found = [...spaces.values()].filter(({ id, locationId }) => asked.spaceIds?.includes(id) ?? locationId === asked.locationId)
        const open = [{ startsAt: asked.from.toISOString(), endsAt: asked.to.toISOString() }]
        return {
          locations: [...new Map(found.map((space) => [space.locationId, { id: space.locationId, timeZone: space.timeZone, open }])).values()],
          spaces: found.map((space) => ({
            id: space.id,
            locationId: space.locationId,
            kind: 'desk',
            capacity: space.capacity,
            bufferBeforeMinutes: space.bufferBefore,
            bufferAfterMinutes: space.bufferAfter,
            unitIds: space.units,
            closed: [],
            gridMinutes: 30,
            ...space.policy,
          })),
        }
      },
    },
    addSpace(space: Partial<FakeSpace> = {}): FakeSpace {
      const added: FakeSpace = {
        id: newId(),
        locationId: newId(),
        units: [newId()],
        hourMinor: 0,
        creditsPerHour: null,
        capacity: 4,
        revision: 1,
        bufferBefore: 0,
        bufferAfter: 0,
        timeZone: 'Europe/Berlin',
        currency: 'EUR',
        policy: {},
        brokenRules: [],
        judges: false,
        status: 'active',
        ...space,
      }
      spaces.set(added.id, added)
      return added
    },
  }
}

function judge(space: FakeSpace, asked: QuoteRequest, closures: readonly Closure[]): SpaceQuote['brokenRules'] {
  return judgeInterval({
    interval: { startsAt: asked.startsAt.getTime(), endsAt: asked.endsAt.getTime() },
    at: asked.at.getTime(),
    timeZone: space.timeZone,
    policy: space.policy,
    hours: { weekly: [], exceptions: [] },
    closures: closures.filter(({ spaceIds }) => spaceIds.includes(space.id)).map(({ startsAt, endsAt }) => ({ startsAt: +startsAt, endsAt: +endsAt })),
    capacity: space.capacity,
    attendeeCount: asked.attendeeCount,
    isBookable: space.status === 'active',
    addedFrom: asked.addedFrom?.getTime(),
  })
}

function quote(space: FakeSpace, hours: number): SpaceQuote {
  const total = Math.round(space.hourMinor * hours)
  return {
    space: {
      id: space.id,
      locationId: space.locationId,
      name: 'Window desk',
      kind: 'desk',
      capacity: space.capacity,
      revision: space.revision,
      status: space.status,
      bufferBeforeMinutes: space.bufferBefore,
      bufferAfterMinutes: space.bufferAfter,
    },
    location: { id: space.locationId, name: 'Mitte', timeZone: space.timeZone, currency: space.currency, weekStartsOn: 1 },
    units: space.units.map((id, index) => ({ id, name: `Desk ${index + 1}` })),
    lines: total > 0 ? [{ text: 'Hours', quantity: hours, unitAmountMinor: space.hourMinor, amountMinor: total }] : [],
    currency: space.currency,
    netMinor: total,
    taxMinor: 0,
    totalMinor: total,
    totalCredits: space.creditsPerHour === null ? null : Math.round(space.creditsPerHour * hours),
    policy: space.policy,
    brokenRules: space.brokenRules,
  }
}

type Behaviour = 'authorize' | 'refuse' | 'no-credits' | 'unsent' | 'lose-request' | 'lose-answer' | 'processing' | 'hang'

/** Payment with its own memory: an attempt is decided once, whoever asks how often. */
export function createFakePayments() {
  const known = new Map<string, Attempt>()
  const sent: { attemptId: string; token: string | null; amountMinor: number; amountCredits: number }[] = []
  const released: string[] = []
  const hanging: (() => void)[] = []
  let behaviour: Behaviour = 'authorize'
  let reachable = true
  const decide = (id: string, status: Attempt['status'], reasonCode: string | null = null): Attempt => {
    const before = known.get(id)
    if (before && before.status !== 'processing') return before
    const attempt: Attempt = { attemptId: id, status, paymentId: newId(), reasonCode, nextAction: null }
    known.set(id, attempt)
    return attempt
  }
  // What it is by now, after a wait.
  const now = (): Behaviour => behaviour
  const payments: Payments = {
    isReachable: () => reachable,
    async authorize({ attempt }): Promise<AuthorizeAnswer> {
      const { id, token, amountMinor, amountCredits } = attempt
      if (behaviour === 'unsent') return { kind: 'unsent', cause: new Error('refused') }
      if (behaviour === 'lose-request') return { kind: 'unanswered' }
      sent.push({ attemptId: id, token, amountMinor, amountCredits })
      if (behaviour === 'hang') {
        await new Promise<void>((resolve) => hanging.push(resolve))
        if (now() === 'unsent') return { kind: 'unsent', cause: new Error('refused') }
      }
      if (behaviour === 'refuse') return { kind: 'answered', attempt: decide(id, 'refused', 'payment-refused') }
      if (behaviour === 'no-credits') return { kind: 'answered', attempt: decide(id, 'refused', 'insufficient-credits') }
      if (behaviour === 'processing') return { kind: 'answered', attempt: decide(id, 'processing') }
      const attemptNow = decide(id, 'authorized')
      return behaviour === 'lose-answer' ? { kind: 'unanswered' } : { kind: 'answered', attempt: attemptNow }
    },
    findAttempt: async (id) => known.get(id),
    releaseAttempt: async (id) => void released.push(id),
  }
  return {
    payments,
    sent,
    released,
    known,
    behave: (next: Behaviour) => (behaviour = next),
    setReachable: (next: boolean) => (reachable = next),
    decide,
    answerHanging: () => hanging.splice(0).forEach((resolve) => resolve()),
  }
}

/** The service in this process over a database of its own, with faked neighbours and a clock that stands still. */
export async function createHarness(options: { poolMax?: number; authorizeWaitMs?: number } = {}) {
  const database = await createTestDatabase('booking')
  const pool = createPool({ url: database.url, max: options.poolMax ?? 10, statementTimeoutMs: 20_000 })
  const context = await buildTestContext('booking', monday)
  const fakes = createFakes()
  const prisma = createPrisma(pool)
  const background = createBackgroundWork(() => undefined)
  const now = () => context.clock.now()
  const store = createAuditedStore(pool)
  const reached: string[] = []
  const refusals: string[] = []
  const metrics = { claimed: () => undefined, refused: (reason: string) => void refusals.push(reason), settled: () => undefined }
  const lists = createBookingLists(prisma)
  const internal = createInternalReads(pool)
  const shared = { store, payments: fakes.payment.payments, metrics, now, reach: (name: string) => void reached.push(name) }
  const app = buildApp({
    ...shared,
    app: { service: 'booking', log: context.log, authenticator: context.authenticator, clock: context.clock, version: 'test', metrics: context.metrics },
    newId,
    carryOn: background.carryOn,
    newReferences: () => [0, 1, 2].map(() => toReference(randomBytes(8))),
    reader: createBookingReader(pool),
    people: fakes.people,
    spaces: fakes.spaceSource,
    closures: fakes.closureSource,
    claims: createClaimSource(pool),
    ...lists,
    ...internal,
    holdTtlSeconds: 600,
    checkInOpensMinutes: 15,
    authorizeWaitMs: options.authorizeWaitMs ?? 5000,
  })
  const attempts = createAttemptReader(pool)
  const sweeps = createSweeps(pool, () => undefined)
  const by = { type: 'system' as const, id: 'sweep', traceparent: null }
  return {
    app,
    pool,
    clock: context.clock,
    tokens: context.tokens,
    fakes,
    reached,
    refusals,
    background,
    sweeps,
    deactivations: { ...createTwoPhaseStore(pool, 'deactivated_user'), cancelBookingsOf: sweeps.cancelBookingsOf, now },
    closures: { ...createTwoPhaseStore(pool, 'closure'), now },
    sweep: async () => {
      await sweeps.expireOverdue(now(), by)
      await sweeps.completeEnded(now(), by)
    },
    settle: (
      onFailure: (error: unknown) => void = (error) => {
        throw error
      },
    ) => settleAttempts({ ...shared, ...attempts, onFailure }, new AbortController().signal),
    async as(userId: string = newId(), roles: Role[] = ['member']) {
      const authorization = (await context.tokens.as(roles, userId)).authorization
      const send = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, sent: { body?: unknown; headers?: Record<string, string> } = {}) => {
        const answer = await app.inject({
          method,
          url,
          headers: { authorization, ...(sent.body !== undefined && { 'content-type': 'application/json' }), ...sent.headers },
          ...(sent.body !== undefined && { payload: JSON.stringify(sent.body) }),
        })
        return { status: answer.statusCode, headers: answer.headers, body: answer.body ? (JSON.parse(answer.body) as Any) : undefined }
      }
      return { userId, send }
    },
    async events(bookingId: string): Promise<{ type: string; data: Any }[]> {
      return (await pool.query('SELECT type, data FROM outbox WHERE key = $1 ORDER BY seq', [bookingId])).rows
    },
    async close() {
      await background.settled()
      await app.close()
      await prisma.$disconnect()
      await pool.end()
      await database.drop()
    },
  }
}

/** Test answers are looked into freely; every assertion names what it expects. */
// eslint-disable-next-line typescript/no-explicit-any
export type Any = any
export type Harness = Awaited<ReturnType<typeof createHarness>>

/** A request body for a free hour on the test's Monday, or whatever matters instead. */
export function buildRequest(space: Pick<FakeSpace, 'id'>, wish: Record<string, unknown> = {}) {
  return { spaceId: space.id, startsAt: '2026-01-05T10:00:00Z', endsAt: '2026-01-05T11:00:00Z', ...wish }
}

export const card = { payment: { method: 'card', token: 'tok_ok' } }
