import { buildCallers, fuzzOperation, listFuzzable } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePayment, startRoutes, type Routes } from './routes.ts'

let payment: Routes
let ids: string[]
let idsByName: Record<string, string[]>
beforeAll(async () => {
  payment = await startRoutes()
  const captured = await makePayment(payment, { userId: payment.people.member }, 1200)
  const open = await makePayment(payment, { userId: payment.people.member })
  const wallet = await payment.call('member', 'GET', '/v1/wallets/me')
  const walletId = (wallet.body as { id: string }).id
  ids = [captured.paymentId, captured.attemptId, captured.bookingId, open.attemptId, payment.people.member, walletId]
  idsByName = {
    payments: [captured.paymentId, open.paymentId],
    wallets: [walletId],
    attempts: [captured.attemptId, open.attemptId],
    bookingId: [captured.bookingId],
  }
})
afterAll(() => payment.stop())

test.each(listFuzzable('payment'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, payment.tokens, payment.people.member)
    await expect(
      fuzzOperation({ send: (request) => payment.app.inject(request as never), callers, ids, idsByName, words: ['tok_ok', 'tok_declined', 'GBP'] }, operation),
    ).resolves.toBeUndefined()
  },
  120_000,
)
