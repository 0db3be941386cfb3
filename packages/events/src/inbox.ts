import { isTransientDatabaseError } from '@alcove/database'
import type { Clock, KillPoints, Logger } from '@alcove/kit'
import type { Pool } from 'pg'
import { commitEntries, readEntry, type Entry } from './apply.ts'
import { bury, isParked, listParked, type Burial } from './dead-letters.ts'
import { PoisonError } from './envelope.ts'
import type { Handler } from './handlers.ts'
import { createKinds, type FindKind } from './kinds.ts'
import type { EventTracing } from './tracing.ts'
import { createTransactions, type Transactions } from './transactions.ts'
import type { Delivery } from './transport.ts'
import { backoffMs, pause } from './wait.ts'
import { forgetWaiting, noteWaiting } from './waiting-partitions.ts'

const FAILURES_MAX = 5

/** Options of {@link createInbox}. */
export interface InboxOptions {
  /** The service's own database. */
  pool: Pool
  handlers: readonly Handler[]
  clock: Clock
  log: Pick<Logger, 'warn' | 'error'>
  killPoints?: Pick<KillPoints, 'reach'>
  tracing?: EventTracing
  /**
   * Most events whose effects share a transaction, of whatever partitions; default 20. When one fails, those of its
   * partition are done again in ever smaller parts until it is alone, so a failure never touches its neighbours. Rows that
   * requests change too stay locked for as long as all effects take; 1 where effects take locks in an order of their own.
   */
  togetherMax?: number
}

/** Applies deliveries exactly once each: inbox row and effect are one transaction. */
export interface Inbox {
  /** Resolves when every delivery has its effect, is a repeat, is nobody's, or stands in the dead letter. Throws only when aborted. */
  process(deliveries: readonly Delivery[], signal: AbortSignal): Promise<void>
}

/** An error that says "later": the event is never given up for it. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
}

/** What one inbox works with. */
interface Work extends InboxOptions {
  readonly transactions: Transactions
  readonly findKind: FindKind
}

/** The consumer's side of the outbox; see {@link Inbox}. Partitions are processed beside each other, and share transactions. */
export function createInbox(options: InboxOptions): Inbox {
  const max = options.togetherMax ?? 20
  const findKind = createKinds(options.handlers)
  const commit = (deliveries: readonly Delivery[]) => commitDeliveries(options, readAll(deliveries, findKind))
  const work: Work = { ...options, findKind, transactions: createTransactions({ max, commit }) }
  return {
    async process(deliveries, signal) {
      for (let from = 0; from < deliveries.length; from += max) {
        signal.throwIfAborted()
        const some = deliveries.slice(from, from + max)
        if (max === 1 || !(await tryTogether(work, some))) await narrow(work, some, signal)
      }
    },
  }
}

const canPark = (handlers: readonly Handler[]) => handlers.some(({ parkOnFailure }) => parkOnFailure)

/** Those that the service subscribes to. Only when it is their turn: read, an event takes more memory, and most of a backlog waits. */
const readAll = (deliveries: readonly Delivery[], findKind: FindKind) =>
  deliveries.map((delivery) => readEntry(delivery, findKind)).filter((entry) => entry !== undefined)

/** @throws where one is poison or its key is parked, or its effect fails; then nothing was done */
async function commitDeliveries(options: InboxOptions, entries: readonly Entry[]): Promise<void> {
  const poison = entries.find((entry) => entry.poison)?.poison
  if (poison) throw poison
  if (entries.length === 0) return
  if (canPark(options.handlers) && (await listParked(options.pool, entries)).size > 0) throw new Error('an earlier event of a key is a dead letter')
  await commitEntries(options, entries)
}

/** False: something is wrong with at least one, and nothing was done. */
async function tryTogether({ transactions }: Work, deliveries: readonly Delivery[], options?: { alone: boolean }): Promise<boolean> {
  try {
    await transactions.commit(deliveries, options)
    return true
  } catch {
    // Done again in smaller parts; once it is alone, the one at fault shows itself and is logged.
    return false
  }
}

/** What failed together: its halves one after the other, and halves of these, down to the one at fault. */
async function narrow(work: Work, deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> {
  if (deliveries.length === 1) {
    for (const entry of readAll(deliveries, work.findKind)) await processOne(work, entry, signal)
    return
  }
  const middle = deliveries.length >> 1
  for (const half of [deliveries.slice(0, middle), deliveries.slice(middle)]) {
    signal.throwIfAborted()
    if (half.length === 1 || !(await tryTogether(work, half, { alone: true }))) await narrow(work, half, signal)
  }
}

async function processOne(options: Work, entry: Entry, signal: AbortSignal): Promise<void> {
  const { event, delivery } = entry
  const place = { type: event?.type, eventId: event?.id, topic: delivery.topic, partition: delivery.partition }
  for (let failures = 0, waits = 0; ;) {
    signal.throwIfAborted()
    try {
      await applyOrPark(options, entry, failures)
      if (waits > 0) await forgetWaiting(options.pool, delivery)
      return
    } catch (error) {
      if (isTransient(error)) {
        waits += 1
        options.log.warn({ ...place, err: error, waits }, 'an event waits for something that is not available')
        const pauseMs = backoffMs(waits, 100, 5000)
        await noteWaiting(options.pool, { ...place, error: error as Error, pauseMs })
        await pause(pauseMs, signal)
      } else if (++failures < FAILURES_MAX && !(error instanceof PoisonError)) {
        await pause(backoffMs(failures, 50, 1000), signal)
      } else {
        const reason = error instanceof PoisonError ? 'poison' : 'failed'
        const code = error instanceof PoisonError ? error.code : undefined
        await buryUntilDone(options, { entry, error: error as Error, reason, code, failures, waits }, signal)
        options.log.error({ ...place, err: error, failures }, 'an event became a dead letter')
        return
      }
    }
  }
}

async function applyOrPark(options: Work, entry: Entry, failures: number): Promise<void> {
  if (entry.poison) throw entry.poison
  if (canPark(options.handlers) && (await isParked(options.pool, entry.delivery))) {
    const error = new Error('an earlier event of this key is a dead letter')
    await bury(options.pool, { ...entry, error, reason: 'parked', failures, park: true, now: options.clock.now() })
    return
  }
  await options.transactions.commit([entry.delivery], { alone: true })
}

interface Death extends Pick<Burial, 'error' | 'reason' | 'code' | 'failures'> {
  entry: Entry
  /** How often something was waited for before. */
  waits: number
}

/** The event is lost if this gives up: it ends only when the letter is written or the partition is given up. */
async function buryUntilDone(options: InboxOptions, { entry, waits: earlier, ...death }: Death, signal: AbortSignal): Promise<void> {
  const park = canPark(entry.kind?.handlers ?? [])
  for (let waits = 1; ; waits += 1) {
    signal.throwIfAborted()
    try {
      await bury(options.pool, { ...entry, ...death, park, now: options.clock.now() })
      if (earlier > 0) await forgetWaiting(options.pool, entry.delivery)
      return
    } catch (error) {
      options.log.warn({ err: error, waits }, 'a dead letter could not be written; trying again')
      await pause(backoffMs(waits, 100, 5000), signal)
    }
  }
}

/** Whether the same may succeed later, without anybody's doing. */
export function isTransient(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  return ['TransientError', 'DependencyError', 'AbortError'].includes(name) || isTransientDatabaseError(error)
}
