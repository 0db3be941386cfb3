import { bookingConfirmed } from '@alcove/contracts'
import { buildCallers, fuzzOperation, listFuzzable } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFixture, createTestApp, type Fixture } from './fixture.ts'

let fixture: Fixture
let app: FastifyInstance
let ids: string[]
const { userId } = bookingConfirmed.example
beforeAll(async () => {
  fixture = await createFixture()
  app = createTestApp(fixture)
  await fixture.deliver(bookingConfirmed)
  await fixture.sendAll()
  ids = (await fixture.database.pool.query<{ id: string }>('SELECT id FROM notification')).rows.map((row) => row.id)
})
afterAll(async () => {
  await app.close()
  await fixture.close()
})

test.each(listFuzzable('notification'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, fixture.context.tokens, userId)
    await expect(fuzzOperation({ send: (request) => app.inject(request as never), callers, ids }, operation)).resolves.toBeUndefined()
  },
  120_000,
)
