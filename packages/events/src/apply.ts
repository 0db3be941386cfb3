import type { CloudEvent, Topic } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { defineKillPoints } from '@alcove/kit'
import type { PoolClient } from 'pg'
import { assertKnown, readEnvelope, type PoisonError } from './envelope.ts'
import { matches, type EffectResult, type EventContext, type Handler } from './handlers.ts'
import type { InboxOptions } from './inbox.ts'
import { untraced } from './tracing.ts'
import type { Delivery } from './transport.ts'

/** A delivery that the service subscribes to, read; or what is wrong with it. */
export interface Entry {
  delivery: Delivery
  event?: CloudEvent
  handlers: readonly Handler[]
  /** Of the span that records its effect, where traces are recorded. */
  traceparent?: string
  poison?: PoisonError
}

export type AfterCommit = () => void

defineKillPoints(['inbox.effect', 'inbox.committed'])

/** Reads a delivery; nothing for a type that the service does not subscribe to. */
export function readEntry(delivery: Delivery, handlers: readonly Handler[]): Entry[] {
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

/** Inbox rows and effects of all entries in one transaction; then what the effects left for after the commit. */
export async function commitEntries(options: InboxOptions, entries: readonly Entry[]): Promise<void> {
  await (options.tracing ?? untraced).process(entries, (traced) => commitTraced(options, traced))
}

async function commitTraced(options: InboxOptions, entries: readonly Entry[]): Promise<void> {
  const after = await withTransaction(options.pool, (tx) => applyAll(tx, options, entries))
  options.killPoints?.reach('inbox.committed')
  for (const run of after) runAfterCommit(run, options.log)
}

async function applyAll(tx: PoolClient, options: InboxOptions, entries: readonly Entry[]): Promise<AfterCommit[]> {
  const fresh = await remember(tx, entries)
  const after: AfterCommit[] = []
  for (const { delivery, event, handlers, traceparent = event?.traceparent } of entries) {
    // Deleted when used: the same event twice in one batch has one effect.
    if (!fresh.delete(event!.id)) continue
    for (const handler of handlers) {
      const result = await runEffect(handler, { tx, event: event!, topic: delivery.topic, now: options.clock.now(), traceparent })
      if (typeof result === 'function') after.push(result)
    }
  }
  options.killPoints?.reach('inbox.effect')
  return after
}

type EffectContext = Omit<EventContext, 'topic'> & { topic: string }

/** One handler's effect of one event. */
export function runEffect(handler: Handler, ctx: EffectContext): Promise<EffectResult> {
  const effect = handler.effect as (given: object) => Promise<EffectResult>
  return effect({ ...ctx, topic: ctx.topic as Topic })
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

/** Runs what an effect left for after the commit; it is done for good by then, so a failure is only logged. */
export function runAfterCommit(run: AfterCommit, log: Pick<InboxOptions['log'], 'warn'>): void {
  try {
    run()
  } catch (error) {
    log.warn({ err: error }, 'a step after the commit of an event failed')
  }
}
