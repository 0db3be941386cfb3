import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { Queryable } from './pool.ts'

/** How long a key is remembered (API, Idempotency-Key). */
export const idempotencyTtlHours = 24

/**
 * The table a service that uses {@link takeIdempotencyKey} creates in one of its migrations:
 * ```sql
 * CREATE TABLE idempotency (principal_id uuid NOT NULL, method text NOT NULL, path text NOT NULL, key text NOT NULL,
 *   body_hash text NOT NULL, resource_id uuid NOT NULL, created_at timestamptz NOT NULL,
 *   PRIMARY KEY (principal_id, method, path, key));
 * CREATE INDEX idempotency_created_at ON idempotency (created_at);
 * ```
 */
export interface IdempotentCommand {
  principalId: string
  method: string
  /** With its parameters filled in, without the query. */
  path: string
  key: string
  body: unknown
}

/** `new`: go on and create `resourceId`. `repeat`: answer with that resource as it is now. `reused`: 422 `idempotency-key-reused`. */
export type IdempotencyOutcome = { outcome: 'new' } | { outcome: 'repeat'; resourceId: string } | { outcome: 'reused' }

/**
 * Takes a key in the transaction that creates the resource, before anything else in it. A second request with the same key
 * waits here until the first has committed (then it is a repeat) or rolled back (then it is the first), so a failure is never
 * remembered and nobody sees a request in progress. Keys older than 24 hours of `now` are forgotten.
 */
export async function takeIdempotencyKey(tx: PoolClient, command: IdempotentCommand, first: { resourceId: string; now: Date }): Promise<IdempotencyOutcome> {
  const scope = [command.principalId, command.method, command.path, command.key]
  const hash = createHash('sha256').update(canonicalJson(command.body)).digest('base64url')
  await tx.query('DELETE FROM idempotency WHERE principal_id = $1 AND method = $2 AND path = $3 AND key = $4 AND created_at <= $5', [
    ...scope,
    expiry(first.now),
  ])
  const inserted = await tx.query(
    `INSERT INTO idempotency (principal_id, method, path, key, body_hash, resource_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [...scope, hash, first.resourceId, first.now],
  )
  if (inserted.rowCount === 1) return { outcome: 'new' }
  const { rows } = await tx.query<{ body_hash: string; resource_id: string }>(
    'SELECT body_hash, resource_id FROM idempotency WHERE principal_id = $1 AND method = $2 AND path = $3 AND key = $4',
    scope,
  )
  const row = rows[0]
  if (!row) throw new Error('an idempotency key vanished while it was being taken')
  return row.body_hash === hash ? { outcome: 'repeat', resourceId: row.resource_id } : { outcome: 'reused' }
}

/** Deletes keys that are no longer remembered; for a sweep. Returns how many. */
export async function deleteExpiredIdempotencyKeys(db: Queryable, now: Date): Promise<number> {
  const { rowCount } = await db.query('DELETE FROM idempotency WHERE created_at <= $1', [expiry(now)])
  return rowCount ?? 0
}

const expiry = (now: Date): Date => new Date(now.getTime() - idempotencyTtlHours * 3_600_000)

/** JSON with members in order, so that the same body written in another order is the same body. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
