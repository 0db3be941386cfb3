import { createRefund } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { refundPayment, type RefundDeps } from '../domain/refund-payment.ts'
import { toRefund } from '../presenters.ts'

export const createRefundRoute =
  (deps: RefundDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, createRefund, async ({ params, body, idempotencyKey }, { principal, requestId, traceparent }) => {
      const { payment, refund } = await refundPayment(deps, {
        ...body,
        paymentId: params.id,
        actor: { userId: principal.userId, requestId, traceparent },
        idempotency:
          idempotencyKey === undefined ? undefined : { principalId: principal.userId, path: `/v1/payments/${params.id}/refunds`, key: idempotencyKey, body },
      })
      return { status: 201, headers: { location: `/v1/payments/${payment.id}` }, body: toRefund(refund, payment, { seesReason: true }) }
    })
  }
