import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { idempotencyHours, type IdempotentRequest } from '../domain/accounts.ts'
import { idempotencyKeyReused } from '../errors.ts'

/**
 * Takes a key for the resource about to be made in this transaction, or answers the id of the one it made before. A racer waits
 * here for the first to commit or roll back, so the same key never makes two and never has to be told "in progress".
 * @throws {ProblemError} `idempotency-key-reused` for another body
 */
export async function takeIdempotencyKey(tx: PoolClient, request: IdempotentRequest | undefined, made: { id: string; now: Date }): Promise<string | undefined> {
  if (!request) return undefined
  const hash = createHash('sha256')
    .update(JSON.stringify(request.body, Object.keys(request.body).sort()))
    .digest('hex')
  const { rows } = await tx.query<{ resource_id: string; body_hash: string }>(
    // A key older than a day is taken over; DO UPDATE locks the row either way, so RETURNING always answers.
    `INSERT INTO idempotency AS i (principal_id, path, key, body_hash, resource_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (principal_id, path, key) DO UPDATE SET
       body_hash = CASE WHEN i.created_at <= $7 THEN excluded.body_hash ELSE i.body_hash END,
       resource_id = CASE WHEN i.created_at <= $7 THEN excluded.resource_id ELSE i.resource_id END,
       created_at = CASE WHEN i.created_at <= $7 THEN excluded.created_at ELSE i.created_at END
     RETURNING resource_id, body_hash`,
    [request.principalId, request.path, request.key, hash, made.id, made.now, new Date(made.now.getTime() - idempotencyHours * 3_600_000)],
  )
  const row = rows[0]!
  if (row.resource_id === made.id) return undefined
  if (row.body_hash !== hash) throw idempotencyKeyReused('This Idempotency-Key was used for another request.')
  return row.resource_id
}

/** Removes the keys taken up to that moment. */
export async function forgetKeys(pool: Pool, until: Date): Promise<void> {
  await pool.query('DELETE FROM idempotency WHERE created_at <= $1', [until])
}
