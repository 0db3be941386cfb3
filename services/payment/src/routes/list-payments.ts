import { listPayments } from '@alcove/contracts'
import { addOperation, isOperator } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { PaymentReader } from '../domain/accounts.ts'
import { toVisibleUserId } from '../policies.ts'
import { toPayment } from '../presenters.ts'
import { readPage, toCursor } from './page.ts'

export const listPaymentsRoute =
  (deps: { payments: PaymentReader }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listPayments, async ({ query }, { principal }) => {
      const { items, next } = await deps.payments.list({ userId: toVisibleUserId(principal), bookingId: query.bookingId }, readPage(query))
      const viewer = { seesReason: isOperator(principal) }
      return { status: 200, body: { items: items.map((payment) => toPayment(payment, viewer)), nextCursor: toCursor(next) } }
    })
  }
