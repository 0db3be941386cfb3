import { withTransaction } from '@alcove/database'
import { recordAudit } from '@alcove/events'
import type { Pool, PoolClient } from 'pg'
import type { NewRefund, RefundStore, WrittenRefund } from '../domain/accounts.ts'
import type { ReturnTerms } from '../domain/stores.ts'
import { takeIdempotencyKey } from './idempotency.ts'

export function createRefundStore(pool: Pool, { returnedCreditsDays }: ReturnTerms): RefundStore {
  return {
    write(refund) {
      const { id, paymentId, amount, reason, actor, now, realNow, idempotency } = refund
      return withTransaction(pool, async (tx): Promise<WrittenRefund> => {
        const earlier = await takeIdempotencyKey(tx, idempotency, { id, now })
        if (earlier) return { refundId: earlier }
        const values = [paymentId, id, amount, reason, actor.userId, now, realNow, actor.traceparent, returnedCreditsDays]
        const text = "SELECT create_refund($1, $2, 'operator', $3, $4, $5, $6, $7, $8, $9) AS refundable"
        const { rows } = await tx.query<{ refundable: string | null }>(text, values)
        const refundable = rows[0]!.refundable
        if (refundable !== null) return rollBack({ refundable: Number(refundable) })
        await auditRefund(tx, refund)
        return { refundId: id }
      }).catch(catchRolledBack)
    },
  }
}

function auditRefund(tx: PoolClient, { paymentId, amount, before, actor, now }: NewRefund): Promise<void> {
  const { refundedMinor, refundedCredits, userId, method } = before
  const { address, requestId, traceparent } = actor
  return recordAudit(tx, 'payment', {
    action: 'payment.refunded',
    subject: paymentId,
    person: userId,
    before: { refundedMinor, refundedCredits },
    after: method === 'card' ? { refundedMinor: refundedMinor + amount, refundedCredits } : { refundedMinor, refundedCredits: refundedCredits + amount },
    actor: { type: 'user', id: actor.userId },
    requestId,
    traceparent,
    address,
    now,
  })
}

/** Leaves the transaction without its effects, the key included: a failure without a durable effect is not remembered. */
class RolledBack extends Error {
  readonly outcome: WrittenRefund
  constructor(outcome: WrittenRefund) {
    super('rolled back')
    this.outcome = outcome
  }
}
const rollBack = (outcome: WrittenRefund): never => {
  throw new RolledBack(outcome)
}
const catchRolledBack = (error: unknown): WrittenRefund => {
  if (error instanceof RolledBack) return error.outcome
  throw error
}
