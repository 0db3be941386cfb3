import { operations } from '@alcove/contracts'
import { buildCallers, fuzzOperation } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePayment, startRoutes, type Routes } from './routes.ts'

let payment: Routes
let ids: string[]
beforeAll(async () => {
  payment = await startRoutes()
  const captured = await makePayment(payment, { userId: payment.people.member }, 1200)
  const open = await makePayment(payment, { userId: payment.people.member })
  const wallet = await payment.call('member', 'GET', '/v1/wallets/me')
  ids = [captured.paymentId, captured.attemptId, captured.bookingId, open.attemptId, payment.people.member, (wallet.body as { id: string }).id]
})
afterAll(() => payment.stop())

test.each(operations.filter((operation) => operation.service === 'payment'))('$id answers whatever is sent to it', async (operation) => {
  const callers = await buildCallers(operation, payment.tokens, payment.people.member)
  await expect(fuzzOperation({ send: (request) => payment.app.inject(request as never), callers, ids }, operation)).resolves.toBeUndefined()
})
