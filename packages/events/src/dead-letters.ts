import type { CloudEvent, Topic } from '@alcove/contracts'
import { withTransaction, type Queryable } from '@alcove/database'
import type { Pool } from 'pg'
import { assertKnown, matches, readEnvelope, type Handler } from './handlers.ts'
import type { Delivery } from './transport.ts'

/** A message that could not be applied, as it stands in the service's database. */
export interface DeadLetter {
  id: string
  eventId: string | null
  topic: string
  key: string
  type: string | null
  reason: 'poison' | 'failed' | 'parked'
  message: string
  error: string
  trace: string | null
  failures: number
  diedAt: Date
}

const COLUMNS = `id, event_id AS "eventId", topic, key, type, reason, message, error, trace, failures, died_at AS "diedAt"`

/** What {@link bury} stores. */
export interface Burial {
  delivery: Delivery
  event?: CloudEvent
  reason: DeadLetter['reason']
  error: Error
  failures: number
  park: boolean
  now: Date
}

/** Writes the dead letter and the inbox row (so that a repeat is not tried again), and parks the key when asked to. Repeatable. */
export async function bury(pool: Pool, burial: Burial): Promise<void> {
  const { delivery, event, error, now } = burial
  await withTransaction(pool, async (tx) => {
    await tx.query(
      `INSERT INTO dead_letter (event_id, topic, key, type, reason, message, error, trace, failures, log_partition, log_offset, died_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
      [
        event?.id ?? null,
        delivery.topic,
        delivery.key,
        event?.type ?? null,
        burial.reason,
        delivery.value,
        error.message || error.name,
        error.stack ?? null,
        burial.failures,
        delivery.partition,
        String(delivery.offset),
        now,
      ],
    )
    if (event) await tx.query('INSERT INTO inbox (event_id, topic, type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [event.id, delivery.topic, event.type])
    if (burial.park)
      await tx.query('INSERT INTO parked_key (topic, key, parked_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [delivery.topic, delivery.key, now])
  })
}

/** Keys among these deliveries whose events must join the dead letter. */
export async function listParked(db: Queryable, entries: readonly { delivery: Delivery }[]): Promise<Set<string>> {
  const { rows } = await db.query<{ topic: string; key: string }>(
    'SELECT topic, key FROM parked_key WHERE (topic, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
    [entries.map(({ delivery }) => delivery.topic), entries.map(({ delivery }) => delivery.key)],
  )
  return new Set(rows.map(({ topic, key }) => `${topic}/${key}`))
}

export async function isParked(db: Queryable, delivery: Delivery): Promise<boolean> {
  return (await listParked(db, [{ delivery }])).size > 0
}

/** How many messages wait for a decision. */
export async function countDeadLetters(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: string }>('SELECT count(*) AS count FROM dead_letter')
  return Number(rows[0]!.count)
}

/** Dead letters, newest first, at most `limit`, older than the `before` id. */
export async function listDeadLetters(db: Queryable, filter: { type?: string; before?: string; limit: number }): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadLetter>(
    `SELECT ${COLUMNS} FROM dead_letter WHERE ($1::text IS NULL OR type = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [filter.type ?? null, filter.before ?? null, filter.limit],
  )
  return rows
}

export async function findDeadLetter(db: Queryable, id: string): Promise<DeadLetter | undefined> {
  const { rows } = await db.query<DeadLetter>(`SELECT ${COLUMNS} FROM dead_letter WHERE id = $1`, [id])
  return rows[0]
}

/** Forgets a dead letter for good, and unparks its key when it was the last one. False: there was none of that id. */
export async function discardDeadLetter(pool: Pool, id: string): Promise<boolean> {
  return withTransaction(pool, (tx) => settle(tx, id))
}

/**
 * Applies a dead letter now, in one transaction with its removal; throws what the handler throws and keeps it then.
 * Of a parked key only the oldest letter may be replayed, or versions would be passed over.
 */
export async function replayDeadLetter(pool: Pool, id: string, options: { handlers: readonly Handler[]; now: Date; message?: string }): Promise<void> {
  const after = await withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ topic: string; key: string; message: string; older: boolean }>(
      `SELECT topic, key, message, EXISTS (SELECT 1 FROM parked_key p WHERE p.topic = d.topic AND p.key = d.key)
         AND EXISTS (SELECT 1 FROM dead_letter o WHERE o.topic = d.topic AND o.key = d.key AND o.log_offset < d.log_offset) AS older
       FROM dead_letter d WHERE id = $1 FOR UPDATE`,
      [id],
    )
    const letter = rows[0]
    if (!letter) throw new Error(`there is no dead letter ${id}`)
    if (letter.older) throw new Error('an older dead letter of the same key must be settled first')
    const event = readEnvelope(options.message ?? letter.message)
    assertKnown(letter.topic, event)
    const effects = []
    for (const handler of options.handlers.filter((candidate) => matches(candidate, letter.topic, event.type))) {
      const effect = handler.effect as (ctx: object) => Promise<void | (() => void)>
      effects.push(await effect({ tx, event, topic: letter.topic as Topic, now: options.now, traceparent: event.traceparent }))
    }
    await settle(tx, id)
    return effects
  })
  for (const run of after) run?.()
}

async function settle(tx: Queryable, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ topic: string; key: string }>('DELETE FROM dead_letter WHERE id = $1 RETURNING topic, key', [id])
  const letter = rows[0]
  if (!letter) return false
  await tx.query(`DELETE FROM parked_key WHERE topic = $1 AND key = $2 AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE topic = $1 AND key = $2)`, [
    letter.topic,
    letter.key,
  ])
  return true
}
