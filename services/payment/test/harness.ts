import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { bookingConfirmed, type AttemptTarget, type BookingState } from '@alcove/contracts'
import { createPool, withTransaction } from '@alcove/database'
import type { EffectResult } from '@alcove/events'
import { newId } from '@alcove/kit'
import { createTestClock, createTestDatabase } from '@alcove/testing'
import { createSandboxProvider } from '../src/clients/sandbox.ts'
import { onBookingEvent } from '../src/consumers/on-booking-event.ts'
import { createAttemptStore } from '../src/db/attempts.ts'
import { createPaymentReader } from '../src/db/payments.ts'
import { createPrisma } from '../src/db/prisma.ts'
import { createRefundStore } from '../src/db/refunds.ts'
import { createWalletStore } from '../src/db/wallets.ts'
import type { AttemptRequest } from '../src/domain/attempt.ts'
import { createInFlight, type AuthorizeDeps } from '../src/domain/authorize-attempt.ts'
import { createLeases } from '../src/domain/leases.ts'
import type { PaymentProvider } from '../src/domain/provider.ts'
import { settleAttempt } from '../src/domain/settle-attempt.ts'

/** What a kill point throws here: like a death it leaves everything as it is and nobody may answer it. */
export class Killed extends Error {}

export type Harness = Awaited<ReturnType<typeof startPayment>>

/** Payment over a database of its own and the real sandbox provider, without its process. */
export async function startPayment(options: { slowMs?: number } = {}) {
  const database = await createTestDatabase('payment')
  const { pool } = database
  const sandboxPool = createPool({ url: database.url, max: 4 })
  const prisma = createPrisma(pool)
  const clock = createTestClock(new Date())
  let realOffsetMs = 0
  const realNow = () => new Date(Date.now() + realOffsetMs)
  const armed = new Map<string, number>()
  const reached = new Set<string>()
  const reach = (name: string) => {
    reached.add(name)
    const skip = armed.get(name)
    if (skip === undefined) return
    if (skip > 0) {
      armed.set(name, skip - 1)
      return
    }
    armed.delete(name)
    throw new Killed(name)
  }
  const calls: string[] = []
  const sandbox = createSandboxProvider({ pool: sandboxPool, realNow, slowMs: options.slowMs ?? 300 })
  const provider: PaymentProvider = {
    authorize: (charge) => (calls.push(`authorize ${charge.key}`), sandbox.authorize(charge)),
    capture: (charge) => (calls.push(`capture ${charge.key}`), sandbox.capture(charge)),
    void: (charge) => (calls.push(`void ${charge.key}`), sandbox.void(charge)),
    refund: (charge) => (calls.push(`refund ${charge.key}`), sandbox.refund(charge)),
    find: (key) => (calls.push(`find ${key}`), sandbox.find(key)),
  }
  const attempts = createAttemptStore(pool, { returnedCreditsDays: 30 })
  /** Everything one process holds in memory; a second one is another replica, or the same after its death. */
  const startProcess = (replaced: Partial<AuthorizeDeps> = {}): AuthorizeDeps => ({
    attempts,
    provider,
    leases: createLeases({ attempts, newId, realNow, leaseMs: 4000 }),
    reach,
    now: () => clock.now(),
    realNow,
    newId,
    inFlight: createInFlight(),
    sleep: (ms) => sleep(ms),
    ...replaced,
  })
  let process = startProcess()

  /** What the worker does, until nothing is due: leases that are alive and retries that rest are waited for by moving real time. */
  async function settleAll(deps: AuthorizeDeps = process): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      const now = realNow()
      const due = await attempts.claim({ lease: deps.leases.grant(now), realNow: now, limit: 10 })
      for (const work of due) await settleAttempt(deps, work)
      if (due.length > 0) continue
      const { rows } = await pool.query<{ open: boolean }>('SELECT EXISTS (SELECT FROM attempt WHERE due_at IS NOT NULL) AS open')
      if (!rows[0]!.open) return
      realOffsetMs += 30_000
    }
    throw new Error('the attempts do not come to rest')
  }

  const bookingHandler = onBookingEvent({ reach, realNow, wakeWorker: () => undefined })

  /** A booking event delivered as the inbox delivers it: one transaction, then what follows the commit. */
  async function deliverTarget(state: Pick<BookingState, 'bookingId' | 'version'> & { attempts: Partial<AttemptTarget>[] }): Promise<void> {
    const attemptsOf = state.attempts.map((attempt) => ({ ...bookingConfirmed.example.attempts[0], keepCredits: null, keepMinor: null, ...attempt }))
    const data = { ...bookingConfirmed.example, ...state, attempts: attemptsOf }
    const event = {
      specversion: '1.0',
      id: newId(),
      source: '/alcove/booking',
      type: bookingConfirmed.type,
      subject: state.bookingId,
      time: '',
      datacontenttype: 'application/json',
      data,
    }
    const effect = bookingHandler.effect as (ctx: object) => Promise<EffectResult>
    const after = await withTransaction(pool, (tx) => effect({ tx, event, topic: 'booking', now: clock.now() }))
    if (typeof after === 'function') after()
  }

  return {
    database,
    pool,
    sandboxPool,
    clock,
    calls,
    reached,
    sandbox,
    provider,
    attempts,
    prisma,
    payments: createPaymentReader(prisma),
    refunds: createRefundStore(pool, { returnedCreditsDays: 30 }),
    wallets: createWalletStore(pool, prisma),
    realNow,
    reach,
    startProcess,
    get process() {
      return process
    },
    settleAll,
    deliverTarget,
    bookingHandler,
    arm: (name: string, skip = 0) => armed.set(name, skip),
    disarm: () => armed.clear(),
    /** The process dies: what it held in memory is gone and its leases run out. */
    restart() {
      process = startProcess()
      realOffsetMs += 5000
    },
    advanceReal: (ms: number) => {
      realOffsetMs += ms
    },
    async stop() {
      await process.inFlight.settled()
      await prisma.$disconnect()
      await sandboxPool.end()
      await database.drop()
    },
  }
}

export function buildRequest(request: Partial<AttemptRequest> = {}): AttemptRequest {
  const isCredits = request.method === 'credits'
  return {
    attemptId: newId(),
    bookingId: newId(),
    userId: randomUUID(),
    method: 'card',
    token: isCredits ? undefined : 'tok_ok',
    amountMinor: isCredits ? 0 : 1200,
    amountCredits: isCredits ? 30 : 0,
    currency: 'GBP',
    ...request,
  }
}

export const patience = { waitMs: 5000 }
