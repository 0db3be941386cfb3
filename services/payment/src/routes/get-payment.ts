import { getPayment } from '@alcove/contracts'
import { addOperation, isOperator } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { PaymentReader } from '../domain/accounts.ts'
import { notFound } from '../errors.ts'
import { canSee } from '../policies.ts'
import { toPayment } from '../presenters.ts'

export const getPaymentRoute =
  (deps: { payments: PaymentReader }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getPayment, async ({ params }, { principal }) => {
      const payment = await deps.payments.find(params.id)
      if (!payment || !canSee(principal, payment)) throw notFound()
      return { status: 200, body: toPayment(payment, { seesReason: isOperator(principal) }) }
    })
  }
