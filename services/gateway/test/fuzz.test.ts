import { buildCallers, fuzzOperation, listFuzzable } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'

const userId = '01890000-0000-7000-8000-000000000001'
let gateway: TestGateway
beforeAll(async () => {
  gateway = await buildTestGateway()
  const person = { id: userId, displayName: 'Ada', locale: 'en', timeZone: 'Europe/London', planId: null, teams: [], addresses: [] }
  const account = { id: userId, email: 'ada@example.org', displayName: 'Ada', roles: ['member'], status: 'active', createdAt: '2026-01-01T00:00:00Z' }
  gateway.answer('user', (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(person)))
  gateway.answer('auth', (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(account)))
})
afterAll(() => gateway.close())

test.each(listFuzzable('gateway'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, gateway.context.tokens, userId)
    await expect(
      fuzzOperation({ send: (request) => gateway.app.inject(request as never), callers, ids: [userId], runs: 10 }, operation),
    ).resolves.toBeUndefined()
  },
  120_000,
)
