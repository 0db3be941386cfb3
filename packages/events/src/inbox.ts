import type { CloudEvent, Topic } from '@alcove/contracts'
import { isTransientDatabaseError, withTransaction } from '@alcove/database'
import { defineKillPoints, type Clock, type KillPoints, type Logger } from '@alcove/kit'
import type { Pool, PoolClient } from 'pg'
import { bury, isParked, listParked } from './dead-letters.ts'
import { assertKnown, matches, PoisonError, readEnvelope, type Handler } from './handlers.ts'
import type { Delivery } from './transport.ts'
import { backoffMs, pause } from './wait.ts'

const FAILURES_MAX = 5

/** Options of {@link createInbox}. */
export interface InboxOptions {
  /** The service's own database. */
  pool: Pool
  handlers: readonly Handler[]
  clock: Clock
  log: Pick<Logger, 'warn' | 'error'>
  killPoints?: Pick<KillPoints, 'reach'>
  /**
   * Most events of one partition whose effects share a transaction; default 20. When one fails, all are done again
   * one by one, so a failure never touches its neighbours. 1 where effects take locks in an order of their own.
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

interface Entry {
  delivery: Delivery
  event?: CloudEvent
  handlers: readonly Handler[]
  poison?: PoisonError
}

type AfterCommit = () => void

defineKillPoints(['inbox.effect', 'inbox.committed'])

/** The consumer's side of the outbox; see {@link Inbox}. */
export function createInbox(options: InboxOptions): Inbox {
  const { pool, log } = options
  const canPark = options.handlers.some(({ parkOnFailure }) => parkOnFailure)

  async function applyAll(tx: PoolClient, entries: readonly Entry[]): Promise<AfterCommit[]> {
    const fresh = await remember(tx, entries)
    const after: AfterCommit[] = []
    for (const entry of entries) {
      // Deleted when used: the same event twice in one batch has one effect.
      if (!fresh.delete(entry.event!.id)) continue
      for (const handler of entry.handlers) after.push(...(await applyOne(tx, entry, handler)))
    }
    options.killPoints?.reach('inbox.effect')
    return after
  }

  async function applyOne(tx: PoolClient, entry: Entry, handler: Handler): Promise<AfterCommit[]> {
    const effect = handler.effect as (ctx: object) => Promise<void | AfterCommit>
    const after = await effect({ tx, event: entry.event, topic: entry.delivery.topic as Topic, now: options.clock.now() })
    return after ? [after] : []
  }

  async function commit(entries: readonly Entry[]): Promise<void> {
    const after = await withTransaction(pool, (tx) => applyAll(tx, entries))
    options.killPoints?.reach('inbox.committed')
    for (const run of after) runAfterCommit(run, log)
  }

  /** False: something is wrong with at least one, and nothing was done. */
  async function tryTogether(entries: readonly Entry[]): Promise<boolean> {
    if (entries.some(({ poison }) => poison)) return false
    try {
      if (canPark && (await listParked(pool, entries)).size > 0) return false
      await commit(entries)
      return true
    } catch {
      // Done again one by one, where the one at fault shows itself and is logged.
      return false
    }
  }

  async function processOne(entry: Entry, signal: AbortSignal): Promise<void> {
    for (let failures = 0, waits = 0; ;) {
      signal.throwIfAborted()
      try {
        if (entry.poison) throw entry.poison
        if (canPark && (await isParked(pool, entry.delivery)))
          return await bury(pool, { ...burialOf(entry, new Error('an earlier event of this key is a dead letter'), failures), reason: 'parked' })
        return await commit([entry])
      } catch (error) {
        const place = { err: error, type: entry.event?.type, eventId: entry.event?.id, topic: entry.delivery.topic, partition: entry.delivery.partition }
        if (isTransient(error)) {
          waits += 1
          log.warn({ ...place, waits }, 'an event waits for something that is not available')
          await pause(backoffMs(waits, 100, 5000), signal)
          continue
        }
        failures += 1
        if (failures < FAILURES_MAX && !(error instanceof PoisonError)) {
          await pause(backoffMs(failures, 50, 1000), signal)
          continue
        }
        if (await tryBury(entry, error as Error, failures, signal)) {
          log.error({ ...place, failures }, 'an event became a dead letter')
          return
        }
      }
    }
  }

  function burialOf(entry: Entry, error: Error, failures: number) {
    const park = entry.handlers.some(({ parkOnFailure }) => parkOnFailure)
    return { delivery: entry.delivery, event: entry.event, error, failures, park, now: options.clock.now() }
  }

  async function tryBury(entry: Entry, error: Error, failures: number, signal: AbortSignal): Promise<boolean> {
    for (let waits = 1; ; waits += 1) {
      signal.throwIfAborted()
      try {
        await bury(pool, { ...burialOf(entry, error, failures), reason: error instanceof PoisonError ? 'poison' : 'failed' })
        return true
      } catch (buryError) {
        log.warn({ err: buryError, waits }, 'a dead letter could not be written; trying again')
        await pause(backoffMs(waits, 100, 5000), signal)
      }
    }
  }

  return {
    async process(deliveries, signal) {
      const entries = deliveries.flatMap((delivery) => readEntry(delivery, options.handlers))
      const step = options.togetherMax ?? 20
      for (let from = 0; from < entries.length; from += step) {
        signal.throwIfAborted()
        const some = entries.slice(from, from + step)
        if (some.length > 1 && (await tryTogether(some))) continue
        for (const entry of some) await processOne(entry, signal)
      }
    },
  }
}

/** Nothing for a type that the service does not subscribe to. */
function readEntry(delivery: Delivery, handlers: readonly Handler[]): Entry[] {
  let event: CloudEvent | undefined
  let wanted: Handler[] = []
  try {
    event = readEnvelope(delivery.value)
    const { type } = event
    wanted = handlers.filter((handler) => matches(handler, delivery.topic, type))
    if (wanted.length === 0) return []
    assertKnown(delivery.topic, event)
    return [{ delivery, event, handlers: wanted }]
  } catch (error) {
    return [{ delivery, event, handlers: wanted, poison: error as PoisonError }]
  }
}

/** Inserts the inbox rows and answers which events are new here; waits where another process has one in progress. */
async function remember(tx: PoolClient, entries: readonly Entry[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ event_id: string }>({
    name: 'inbox-remember',
    text: `INSERT INTO inbox (event_id, topic, type) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING RETURNING event_id`,
    values: [entries.map(({ event }) => event!.id), entries.map(({ delivery }) => delivery.topic), entries.map(({ event }) => event!.type)],
  })
  return new Set(rows.map((row) => row.event_id))
}

function isTransient(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  return ['TransientError', 'DependencyError', 'AbortError'].includes(name) || isTransientDatabaseError(error)
}

function runAfterCommit(run: AfterCommit, log: InboxOptions['log']): void {
  try {
    run()
  } catch (error) {
    log.warn({ err: error }, 'a step after the commit of an event failed')
  }
}
