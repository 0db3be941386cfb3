import type { EventType } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'

/** Options of {@link writeEvent}. */
export interface WriteEvent<D> {
  /** The aggregate's id: key and subject. */
  key: string
  /** The aggregate's public state with its `version`; no personal member. */
  data: D
  /** The product's clock. */
  now: Date
  traceparent?: string | null
  /** UUIDv7; made by the database when absent. */
  id?: string
}

const INSERT = `INSERT INTO outbox (id, topic, key, type, data, traceparent, occurred_at)
  VALUES (COALESCE($1::uuid, uuidv7()), $2, $3, $4, $5, $6, $7) RETURNING id`

/**
 * Writes an event into the outbox, in the caller's transaction, and returns its id. Call it while the aggregate's
 * row is locked: the order of the outbox is then the order of versions. Wake the relay after the commit.
 */
export async function writeEvent<E extends EventType>(tx: Queryable, eventType: E, event: WriteEvent<E['example']>): Promise<string> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'outbox-insert',
    text: INSERT,
    values: [event.id ?? null, eventType.topic, event.key, eventType.type, JSON.stringify(event.data), event.traceparent ?? null, event.now],
  })
  return rows[0]!.id
}
