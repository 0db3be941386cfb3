import { auditRecorded } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { writeEvent } from '@alcove/events'
import type { Pool } from 'pg'
import type { RefundStore, WrittenRefund } from '../domain/accounts.ts'
import { takeIdempotencyKey } from './idempotency.ts'
import { toAudit } from './audit.ts'

export function createRefundStore(pool: Pool): RefundStore {
  return {
    write(refund) {
      const { id, paymentId, amount, reason, actor, now, realNow, idempotency } = refund
      return withTransaction(pool, async (tx): Promise<WrittenRefund> => {
        const earlier = await takeIdempotencyKey(tx, idempotency, { id, now })
        if (earlier) return { refundId: earlier }
        const values = [paymentId, id, amount, reason, actor.userId, now, realNow, actor.traceparent]
        const { rows } = await tx.query<{ refundable: string | null }>("SELECT create_refund($1, $2, 'operator', $3, $4, $5, $6, $7, $8) AS refundable", values)
        const refundable = rows[0]!.refundable
        if (refundable !== null) return rollBack({ refundable: Number(refundable) })
        await writeEvent(tx, auditRecorded('payment'), toAudit({ action: 'payment.refunded', subject: paymentId, actor, now }))
        return { refundId: id }
      }).catch(catchRolledBack)
    },
  }
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
