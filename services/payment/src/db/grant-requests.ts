import { withTransaction } from '@alcove/database'
import { recordAudit } from '@alcove/events'
import type { Pool, PoolClient } from 'pg'
import type { Decision, GrantRequestRecord, GrantRequestStore } from '../domain/accounts.ts'
import { takeIdempotencyKey } from './idempotency.ts'
import { toPage } from './page.ts'
import { writeGrant } from './wallets.ts'

const columns = `id, wallet_id AS "walletId", user_id AS "userId", amount_credits AS "amountCredits", reason, expires_at AS "expiresAt", status,
  requested_by AS "requestedBy", created_at AS "createdAt", decided_by AS "decidedBy", decided_at AS "decidedAt"`

/** A bigint arrives as text. */
type Row = Omit<GrantRequestRecord, 'amountCredits'> & { amountCredits: string }
const toRecord = (row: Row): GrantRequestRecord => ({ ...row, amountCredits: Number(row.amountCredits) })

export function createGrantRequestStore(pool: Pool): GrantRequestStore {
  return {
    request(grant) {
      const { id, walletId, userId, amountCredits, reason, expiresAt, actor, now, idempotency } = grant
      return withTransaction(pool, async (tx) => {
        const earlier = await takeIdempotencyKey(tx, idempotency, { id, now })
        if (earlier) return earlier
        await tx.query(
          `INSERT INTO grant_request (id, wallet_id, user_id, amount_credits, reason, expires_at, requested_by, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [id, walletId, userId, amountCredits, reason, expiresAt ?? null, actor.userId, now],
        )
        const after = { amountCredits }
        await recordAudit(tx, 'payment', { action: 'wallet.grant-requested', subject: walletId, person: userId, after, ...toAct({ actor, now }) })
        return id
      })
    },
    async find(id) {
      const { rows } = await pool.query<Row>(`SELECT ${columns} FROM grant_request WHERE id = $1`, [id])
      return rows[0] && toRecord(rows[0])
    },
    async list(status, { limit, after }) {
      const { rows } = await pool.query<Row>(
        `SELECT ${columns} FROM grant_request WHERE status = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [status, after ?? null, limit + 1],
      )
      return toPage(rows.map(toRecord), limit)
    },
    decide: (decision, judge) =>
      withTransaction(pool, async (tx) => {
        const { rows } = await tx.query<Row>(`SELECT ${columns} FROM grant_request WHERE id = $1 FOR UPDATE`, [decision.id])
        const request = rows[0] && toRecord(rows[0])
        if (!request) return undefined
        judge(request)
        return request.status === decision.status ? request : carryOut(tx, request, decision)
      }),
  }
}

async function carryOut(tx: PoolClient, request: GrantRequestRecord, { status, actor, now }: Decision): Promise<GrantRequestRecord> {
  const { id, walletId, userId } = request
  await tx.query('UPDATE grant_request SET status = $2, decided_by = $3, decided_at = $4 WHERE id = $1', [id, status, actor.userId, now])
  if (status === 'approved') await writeGrant(tx, { ...request, expiresAt: request.expiresAt ?? undefined, actor, now })
  else {
    const change = { before: { status: request.status }, after: { status } }
    await recordAudit(tx, 'payment', { action: 'wallet.grant-declined', subject: walletId, person: userId, ...change, ...toAct({ actor, now }) })
  }
  return { ...request, status, decidedBy: actor.userId, decidedAt: now }
}

function toAct({ actor, now }: Pick<Decision, 'actor' | 'now'>) {
  const { userId, requestId, traceparent, address } = actor
  return { actor: { type: 'user' as const, id: userId }, requestId, traceparent, address, now }
}
