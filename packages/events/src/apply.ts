import type { CloudEvent, Topic } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { defineKillPoints } from '@alcove/kit'
import type { PoolClient } from 'pg'
import { assertValid, findCheck, readEnvelope, type PoisonError } from './envelope.ts'
import type { EffectResult, EventContext, EventEffect, EventsContext, EventsEffect, Handler } from './handlers.ts'
import type { InboxOptions } from './inbox.ts'
import type { FindKind, Kind } from './kinds.ts'
import { untraced } from './tracing.ts'
import type { Delivery } from './transport.ts'

/** A delivery that the service subscribes to, read; or what is wrong with it. */
export interface Entry {
  delivery: Delivery
  event?: CloudEvent
  /** None of an event that cannot be read. */
  kind?: Kind
  /** Of the span that records its effect, where traces are recorded. */
  traceparent?: string
  poison?: PoisonError
}

export type AfterCommit = () => void

defineKillPoints(['inbox.effect', 'inbox.committed'])

/** Reads a delivery; nothing for a type that the service does not subscribe to. */
export function readEntry(delivery: Delivery, findKind: FindKind): Entry | undefined {
  let event: CloudEvent | undefined
  let kind: Kind | undefined
  try {
    event = readEnvelope(delivery.value)
    kind = findKind(delivery.topic, event.type)
    if (kind.handlers.length === 0) return undefined
    assertValid(event, (kind.check ??= findCheck(kind.topic, kind.type)))
    return { delivery, event, kind }
  } catch (error) {
    return { delivery, event, kind, poison: error as PoisonError }
  }
}

/** Inbox rows and effects of all entries in one transaction; then what the effects left for after the commit. */
export async function commitEntries(options: InboxOptions, entries: readonly Entry[]): Promise<void> {
  await (options.tracing ?? untraced).process(entries, (traced) => commitTraced(options, traced))
}

async function commitTraced(options: InboxOptions, entries: readonly Entry[]): Promise<void> {
  const after = await applyOnce(options, entries)
  options.killPoints?.reach('inbox.committed')
  for (const run of after) runAfterCommit(run, options.log)
}

/** Nearly always no event was here before, and to find that out for each costs as much as to remember it: only tried when one was. */
async function applyOnce(options: InboxOptions, entries: readonly Entry[]): Promise<AfterCommit[]> {
  try {
    return await withTransaction(options.pool, async (tx) => {
      await rememberNew(tx, entries)
      return applyAll(tx, options, entries)
    })
  } catch (error) {
    if (!isRepeat(error)) throw error
  }
  return withTransaction(options.pool, async (tx) => {
    const seen = await remember(tx, entries)
    // Added when used: the same event twice in one batch has one effect.
    const due = entries.filter(({ event }) => !seen.has(event!.id) && seen.add(event!.id))
    return applyAll(tx, options, due)
  })
}

async function applyAll(tx: PoolClient, options: InboxOptions, due: readonly Entry[]): Promise<AfterCommit[]> {
  const after: AfterCommit[] = []
  const now = options.clock.now()
  for (let from = 0; from < due.length;) {
    const run = takeRun(due, from)
    for (const handler of run[0]!.kind!.handlers) {
      const results = await runEffects(handler, { tx, events: run.map((entry) => toContext(entry, now)) })
      after.push(...results.filter((result) => typeof result === 'function'))
    }
    from += run.length
  }
  options.killPoints?.reach('inbox.effect')
  return after
}

/** Entries from a place on that one effect takes at once; else one entry. Nobody overtakes: per key, effects happen in the order of the events. */
function takeRun(entries: readonly Entry[], from: number): readonly Entry[] {
  const effect = findOnlyEffectOfAll(entries[from]!)
  let to = from + 1
  if (effect) while (to < entries.length && findOnlyEffectOfAll(entries[to]!) === effect) to += 1
  return entries.slice(from, to)
}

function findOnlyEffectOfAll({ kind }: Entry): Handler['effectOfAll'] {
  const { handlers } = kind!
  return handlers.length === 1 ? handlers[0]!.effectOfAll : undefined
}

function toContext({ delivery, event, traceparent = event?.traceparent }: Entry, now: Date): Omit<EventContext, 'tx'> {
  return { event: event!, topic: delivery.topic as Topic, now, traceparent }
}

/** One handler's effects of one event, or of several that it takes at once. */
async function runEffects(handler: Handler, { tx, events }: EventsContext): Promise<readonly EffectResult[]> {
  const all = handler.effectOfAll as EventsEffect | undefined
  if (all) return all({ tx, events })
  const results: EffectResult[] = []
  for (const event of events) results.push(await runEffect(handler, { tx, ...event }))
  return results
}

/** One handler's effect of one event. */
export function runEffect(handler: Handler, ctx: EventContext): Promise<EffectResult> {
  return (handler.effect as EventEffect)(ctx)
}

/** Rows of the inbox from ids and places in the lists of topics and types, which are so sent once for all events that have them. */
const ROWS = 'SELECT id, ($3::text[])[kind], ($4::text[])[kind] FROM'
const REMEMBER_NEW = `INSERT INTO inbox (event_id, topic, type) ${ROWS} unnest($1::uuid[], $2::int[]) AS t (id, kind)`
const REMEMBER = `WITH told AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::int[]) AS t (id, kind)),
    kept AS (INSERT INTO inbox (event_id, topic, type) ${ROWS} told ON CONFLICT DO NOTHING RETURNING event_id)
  SELECT id FROM told EXCEPT SELECT event_id FROM kept`

/**
 * Inserts the inbox rows; waits where another process has one in progress.
 * @throws where an event was here before, see {@link isRepeat}
 */
async function rememberNew(tx: PoolClient, entries: readonly Entry[]): Promise<void> {
  await tx.query({ name: 'inbox-remember-new', text: REMEMBER_NEW, values: toInboxRows(entries) })
}

function isRepeat(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return code === '23505' && constraint === 'inbox_pkey'
}

/** Inserts the inbox rows that are missing and answers which events were here before; waits as {@link rememberNew}. */
async function remember(tx: PoolClient, entries: readonly Entry[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({ name: 'inbox-remember', text: REMEMBER, values: toInboxRows(entries) })
  return new Set(rows.map((row) => row.id))
}

function toInboxRows(entries: readonly Entry[]): unknown[] {
  // In one order for all processes: two that have the same events in different transactions wait for each other one way only.
  const sorted = entries.toSorted((a, b) => (a.event!.id < b.event!.id ? -1 : 1))
  const kinds = [...new Set(sorted.map(({ kind }) => kind!))]
  const places = new Map(kinds.map((kind, index) => [kind, index + 1]))
  return [
    // Ids as they stand: each is a UUID.
    `{${sorted.map(({ event }) => event!.id).join(',')}}`,
    `{${sorted.map(({ kind }) => places.get(kind!)).join(',')}}`,
    kinds.map(({ topic }) => topic),
    kinds.map(({ type }) => type),
  ]
}

/** Runs what an effect left for after the commit; it is done for good by then, so a failure is only logged. */
export function runAfterCommit(run: AfterCommit, log: Pick<InboxOptions['log'], 'warn'>): void {
  try {
    run()
  } catch (error) {
    log.warn({ err: error }, 'a step after the commit of an event failed')
  }
}
