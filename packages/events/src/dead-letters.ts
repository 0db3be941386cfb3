import type { CloudEvent } from '@alcove/contracts'
import { withTransaction, type Queryable } from '@alcove/database'
import type { Pool } from 'pg'
import { messageBytesMax, type PoisonCode } from './envelope.ts'
import type { Delivery } from './transport.ts'

/** A message that could not be applied, as it stands in the service's database. */
export interface DeadLetter {
  id: string
  eventId: string | null
  topic: string
  key: string
  type: string | null
  reason: 'poison' | 'failed' | 'parked'
  /** What is wrong with a poison message. */
  code: PoisonCode | null
  message: string
  error: string
  /** The stack of the error. */
  trace: string | null
  /** How often it was tried. */
  failures: number
  partition: number
  offset: string
  diedAt: Date
}

const COLUMNS = `id, event_id AS "eventId", topic, key, type, reason, code, message, error, trace, failures, log_partition AS partition,
  log_offset AS "offset", died_at AS "diedAt"`

/** What {@link bury} stores. */
export interface Burial {
  delivery: Delivery
  event?: CloudEvent
  reason: DeadLetter['reason']
  code?: PoisonCode
  error: Error
  failures: number
  park: boolean
  now: Date
}

/**
 * Writes the dead letter and the inbox row (so that a repeat is not tried again), and parks the key when asked to. Repeatable.
 * A repeat of an event that is handled, or is a dead letter already, leaves nothing; unless it is poison: that it came is shown.
 */
export async function bury(pool: Pool, burial: Burial): Promise<void> {
  const { delivery, event } = burial
  await withTransaction(pool, async (tx) => {
    const isRepeat = event ? !(await remember(tx, delivery.topic, event)) : false
    if (isRepeat && burial.reason !== 'poison') return
    await insertLetter(tx, burial, isRepeat)
    if (burial.park)
      await tx.query('INSERT INTO parked_key (topic, key, parked_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
        delivery.topic,
        toStorable(delivery.key),
        burial.now,
      ])
  })
}

/** False: the event is in the inbox already. */
export async function remember(tx: Queryable, topic: string, event: CloudEvent): Promise<boolean> {
  const { rowCount } = await tx.query('INSERT INTO inbox (event_id, topic, type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    event.id,
    topic,
    toStorable(event.type),
  ])
  return rowCount === 1
}

/** In the inbox and no letter's event: it was handled. */
const HANDLED = `$14 AND NOT EXISTS (SELECT FROM dead_letter WHERE event_id = $1) AND NOT EXISTS (SELECT FROM settled_dead_letter WHERE event_id = $1)`

async function insertLetter(tx: Queryable, { delivery, event, error, ...burial }: Burial, isRepeat: boolean): Promise<void> {
  await tx.query(
    `INSERT INTO dead_letter (event_id, topic, key, type, reason, code, message, error, trace, failures, log_partition, log_offset, died_at, handled)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, ${HANDLED}) ON CONFLICT DO NOTHING`,
    [
      event?.id ?? null,
      delivery.topic,
      toStorable(delivery.key),
      event ? toStorable(event.type) : null,
      burial.reason,
      burial.code ?? null,
      toStorable(delivery.value.slice(0, messageBytesMax)),
      toStorable(error.message || error.name),
      error.stack === undefined ? null : toStorable(error.stack),
      burial.failures,
      delivery.partition,
      String(delivery.offset),
      burial.now,
      isRepeat,
    ],
  )
}

/** PostgreSQL keeps no NUL in text, and a letter that cannot be written would stop its partition for ever. */
function toStorable(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}

/** Keys among these deliveries whose events must join the dead letter. */
export async function listParked(db: Queryable, entries: readonly { delivery: Delivery }[]): Promise<Set<string>> {
  const { rows } = await db.query<{ topic: string; key: string }>(
    'SELECT topic, key FROM parked_key WHERE (topic, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
    [entries.map(({ delivery }) => delivery.topic), entries.map(({ delivery }) => toStorable(delivery.key))],
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

/**
 * Removes a dead letter in the caller's transaction, remembers what became of it, and unparks its key when it was the
 * last one. False: there is none of that id.
 */
export async function settleDeadLetter(
  tx: Queryable,
  id: string,
  settled: { outcome: 'applied' | 'superseded' | 'discarded'; eventId?: string },
): Promise<boolean> {
  const { rows } = await tx.query<{ topic: string; key: string; event_id: string | null }>(
    'DELETE FROM dead_letter WHERE id = $1 RETURNING topic, key, event_id',
    [id],
  )
  const letter = rows[0]
  if (!letter) return false
  await tx.query('INSERT INTO settled_dead_letter (id, outcome, event_id, settled_at) VALUES ($1, $2, $3, clock_timestamp())', [
    id,
    settled.outcome,
    settled.eventId ?? letter.event_id,
  ])
  await tx.query(`DELETE FROM parked_key WHERE topic = $1 AND key = $2 AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE topic = $1 AND key = $2)`, [
    letter.topic,
    letter.key,
  ])
  return true
}
