import { createRefund } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { refundPayment, type RefundDeps } from '../domain/refund-payment.ts'
import { toRefund } from '../presenters.ts'
import { toActor } from './actor.ts'

export const createRefundRoute =
  (deps: RefundDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, createRefund, async ({ params, body, idempotencyKey }, ctx) => {
      const { principal } = ctx
      const { payment, refund } = await refundPayment(deps, {
        ...body,
        paymentId: params.id,
        actor: await toActor(ctx),
        idempotency:
          idempotencyKey === undefined ? undefined : { principalId: principal.userId, path: `/v1/payments/${params.id}/refunds`, key: idempotencyKey, body },
      })
      return { status: 201, headers: { location: `/v1/payments/${payment.id}` }, body: toRefund(refund, payment, { seesReason: true }) }
    })
  }
