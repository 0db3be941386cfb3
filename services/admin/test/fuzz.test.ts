import type { DeadLetter } from '@alcove/contracts'
import { buildCallers, buildTestContext, fuzzOperation, listFuzzable, type TestContext } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'

const userId = '01890000-0000-7000-8000-000000000001'
const letter: DeadLetter = {
  id: userId,
  service: 'booking',
  eventId: null,
  type: null,
  topic: 'payment',
  key: 'x',
  partition: 0,
  offset: 17,
  reason: 'poison',
  code: 'not-json',
  error: 'the message is not JSON',
  attempts: 1,
  diedAt: '2026-03-01T10:00:00Z',
}
let app: FastifyInstance
let context: TestContext
beforeAll(async () => {
  context = await buildTestContext('admin')
  app = buildApp({
    ...context,
    askOverview: async () => ({ asOf: '2026-03-01T10:00:00Z', bookingsToday: 3, checkedInNow: 1, percentUtilised: 12.5, revenueToday: [], deadLetters: 0 }),
    askStatuses: async () => new Map([['booking', undefined]]),
    readDeployments: async () => new Map(),
    deadLetters: {
      list: async (service) => (service === 'booking' ? [letter] : []),
      find: async (service) => (service === 'booking' ? { ...letter, message: 'x', event: null, traceparent: null, trace: null } : undefined),
      replayMany: async (service) => ({ items: [{ id: userId, service, outcome: 'skipped', error: 'parked' }], nextAfter: null }),
      replay: async (service) => (service === 'booking' ? { id: userId, service, outcome: 'applied', error: null } : undefined),
      discard: async (service) => service === 'booking',
    },
  })
})
afterAll(() => app.close())

test.each(listFuzzable('admin'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, context.tokens, userId)
    await expect(fuzzOperation({ send: (request) => app.inject(request as never), callers, ids: [userId] }, operation)).resolves.toBeUndefined()
  },
  120_000,
)
