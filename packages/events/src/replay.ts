import { type CloudEvent, type JsonPatch, type ReplayResult, type Topic } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { defineKillPoints, illegalTransition, isDatabaseUnavailable, notFound, ProblemError, type Clock, type KillPoints, type Logger } from '@alcove/kit'
import type { Pool, PoolClient } from 'pg'
import { runAfterCommit, runEffect, type AfterCommit } from './apply.ts'
import { recordAudit as recordAuditedAct } from './audit.ts'
import { remember, settleDeadLetter } from './dead-letters.ts'
import { assertKnown } from './envelope.ts'
import { matches, superseded, type Handler } from './handlers.ts'
import { isTransient } from './inbox.ts'
import { readLetter, TransformError } from './transform.ts'
import { findWaiting } from './waiting-partitions.ts'

/** What replays and discards are made with. */
export interface DeadLetterDeps {
  /** The service's own database. */
  pool: Pool
  handlers: readonly Handler[]
  clock: Clock
  log: Pick<Logger, 'warn'>
  killPoints?: Pick<KillPoints, 'reach'>
  /** The topic that the service produces to: audit events go there. */
  topic: Topic
  wakeRelay: () => void
}

/** Who settles a letter, as the audit log tells it. */
export interface Actor {
  userId: string
  requestId: string
  traceparent: string
}

/** How one letter is to be replayed. */
export interface Replay {
  id: string
  transform?: JsonPatch
  actor: Actor
}

defineKillPoints(['replay.effect', 'replay.committed'])

/** A letter as it is locked for a replay. */
interface LockedLetter {
  topic: string
  key: string
  message: string
  eventId: string | null
  /** Of a parked key, and not its oldest. */
  isBehind: boolean
  /** The event had its effect through another message. */
  isHandled: boolean
}

/**
 * Applies a dead letter now: effect, removal and audit event are one transaction, so that a process killed in between
 * leaves the letter or its effect, never both and never none. Repeated, also at once: the first one's outcome. Nothing
 * is published; key, id and trace stay. `superseded`: a newer version is here already, nothing was applied, the letter is settled.
 * @throws {ProblemError} `not-found`; `illegal-transition` when the consumer is failing, when an older letter of a parked key
 *   is not settled, and when the event fails again: the letter then stays
 */
export async function replayDeadLetter(deps: DeadLetterDeps, replay: Replay): Promise<ReplayResult['outcome']> {
  await assertConsumerWorks(deps)
  const done = await withTransaction(deps.pool, (tx) => applyLetter(deps, replay, tx), { retry: true }).catch((error: unknown) => {
    throw toRefusal(error)
  })
  deps.killPoints?.reach('replay.committed')
  deps.wakeRelay()
  for (const run of done.after) runAfterCommit(run, deps.log)
  return done.outcome
}

/** Refuses to replay anything while a partition of this consumer waits for what is not available. */
export async function assertConsumerWorks({ pool }: Pick<DeadLetterDeps, 'pool'>): Promise<void> {
  const waiting = await findWaiting(pool)
  if (!waiting) return
  const what = `partition ${waiting.partition} of ${waiting.topic} waits: ${waiting.error}`
  throw illegalTransition(`The consumer is failing; nothing was replayed. ${what}.`, { members: { consumer: waiting } })
}

function toRefusal(error: unknown): unknown {
  if (error instanceof ProblemError || isDatabaseUnavailable(error)) return error
  const { message, name } = error as Error
  const what = isTransient(error) ? 'The consumer is failing' : error instanceof TransformError ? 'The transform does not fit' : 'It failed again'
  return illegalTransition(`${what}; the dead letter stays: ${message || name}.`, { cause: error })
}

interface Done {
  outcome: 'applied' | 'superseded'
  after: AfterCommit[]
}

async function applyLetter(deps: DeadLetterDeps, { id, transform, actor }: Replay, tx: PoolClient): Promise<Done> {
  const letter = await lockLetter(tx, id)
  if (!letter) return { outcome: await readOutcome(tx, id), after: [] }
  const { event, ...done } = await tryLetter(deps, { letter, transform }, tx)
  await settleDeadLetter(tx, id, { outcome: done.outcome, eventId: event.id })
  await recordAudit(deps, { tx, id, action: done.outcome === 'applied' ? 'replayed' : 'superseded', actor })
  deps.killPoints?.reach('replay.effect')
  return done
}

/** The letter's effect, in the given transaction and with nothing else done. */
export async function tryLetter(
  deps: Pick<DeadLetterDeps, 'handlers' | 'clock'>,
  { letter, transform }: { letter: LockedLetter; transform?: JsonPatch },
  tx: PoolClient,
): Promise<Done & { event: CloudEvent }> {
  if (letter.isBehind) throw illegalTransition('An older dead letter of the same key must be settled first.')
  const event = readLetter(letter, transform)
  assertKnown(letter.topic, event)
  const isRepeat = letter.isHandled || (letter.eventId !== event.id && !(await remember(tx, letter.topic, event)))
  if (isRepeat) return { event, outcome: 'superseded', after: [] }
  const results = []
  for (const handler of deps.handlers.filter((candidate) => matches(candidate, letter.topic, event.type)))
    results.push(await runEffect(handler, { tx, event, topic: letter.topic as Topic, now: deps.clock.now(), traceparent: event.traceparent }))
  const isSuperseded = results.length > 0 && results.every((result) => result === superseded)
  return { event, outcome: isSuperseded ? 'superseded' : 'applied', after: results.filter((result) => typeof result === 'function') }
}

/**
 * Locks the letter until the transaction ends: a replay of the same letter waits here, and then finds it settled. The
 * inbox row is locked too, for there may be another letter of the same event.
 */
export async function lockLetter(tx: PoolClient, id: string): Promise<LockedLetter | undefined> {
  const { rows } = await tx.query<Omit<LockedLetter, 'isBehind' | 'isHandled'>>(
    'SELECT topic, key, message, event_id AS "eventId" FROM dead_letter WHERE id = $1 FOR UPDATE',
    [id],
  )
  const letter = rows[0]
  if (!letter) return undefined
  await tx.query('SELECT FROM inbox WHERE event_id = $1 FOR UPDATE', [letter.eventId])
  const state = await tx.query<Pick<LockedLetter, 'isBehind' | 'isHandled'>>(
    `SELECT EXISTS (SELECT FROM parked_key p WHERE p.topic = d.topic AND p.key = d.key)
         AND EXISTS (SELECT FROM dead_letter o WHERE o.topic = d.topic AND o.key = d.key AND o.log_offset < d.log_offset) AS "isBehind",
       d.handled OR EXISTS (SELECT FROM settled_dead_letter s WHERE s.event_id = d.event_id AND s.outcome <> 'discarded') AS "isHandled"
     FROM dead_letter d WHERE id = $1`,
    [id],
  )
  return { ...letter, ...state.rows[0]! }
}

/** What became of a letter that is settled. */
async function readOutcome(tx: PoolClient, id: string): Promise<'applied' | 'superseded'> {
  const { rows } = await tx.query<{ outcome: 'applied' | 'superseded' }>(`SELECT outcome FROM settled_dead_letter WHERE id = $1 AND outcome <> 'discarded'`, [
    id,
  ])
  if (!rows[0]) throw notFound('There is no such dead letter.')
  return rows[0].outcome
}

async function recordAudit(
  deps: Pick<DeadLetterDeps, 'clock' | 'topic'>,
  { tx, id, action, actor }: { tx: PoolClient; id: string; action: 'replayed' | 'superseded' | 'discarded'; actor: Actor },
): Promise<void> {
  await recordAuditedAct(tx, deps.topic, {
    action: `dead-letter.${action}`,
    subject: id,
    actor: { type: 'user', id: actor.userId },
    requestId: actor.requestId,
    traceparent: actor.traceparent,
    now: deps.clock.now(),
  })
}

/**
 * Forgets a dead letter for good, and unparks its key when it was the last one; audited.
 * @throws {ProblemError} `not-found`
 */
export async function discardDeadLetter(deps: DeadLetterDeps, { id, actor }: Pick<Replay, 'id' | 'actor'>): Promise<void> {
  await withTransaction(deps.pool, async (tx) => {
    if (!(await settleDeadLetter(tx, id, { outcome: 'discarded' }))) throw notFound('There is no such dead letter.')
    await recordAudit(deps, { tx, id, action: 'discarded', actor })
  })
  deps.wakeRelay()
}
