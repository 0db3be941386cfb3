import { bookingCreated, consumingServices, deadLetterOperations } from '@alcove/contracts'
import { graph } from '@alcove/graph'
import { createApp } from '@alcove/kit'
import {
  buildCallers,
  buildEvent,
  buildTestContext,
  createTestDatabase,
  deliverMessage,
  fuzzOperation,
  type TestContext,
  type TestDatabase,
} from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addDeadLetterRoutes, listDeadLetters, onEvent } from '../src/index.ts'

let app: FastifyInstance
let context: TestContext
let database: TestDatabase
let ids: string[]

beforeAll(async () => {
  context = await buildTestContext('booking')
  database = await createTestDatabase('none')
  const handlers = [
    onEvent(bookingCreated, async () => {
      throw new Error('no')
    }),
  ]
  const { pool } = database
  for (let n = 0; n < 5; n += 1) await deliverMessage({ pool, handlers }, 'booking', buildEvent(bookingCreated))
  ids = (await listDeadLetters(pool, { limit: 10 })).map(({ id }) => id)
  const { log, authenticator, clock, version, metrics } = context
  app = createApp({ service: 'booking', log, authenticator, clock, version, metrics })
  addDeadLetterRoutes(app, 'booking', { pool, handlers, clock, log, topic: 'booking', wakeRelay: () => undefined })
})
afterAll(async () => {
  await app?.close()
  await database?.drop()
})

it('contracts name the services that the graph lets handle events durably', () => {
  const durable = graph.filter(({ consumes }) => Object.values(consumes).some(({ mode }) => mode === 'durable')).map(({ name }) => name)
  expect([...consumingServices].sort()).toEqual(durable.sort())
})

it.each(deadLetterOperations.filter(({ service }) => service === 'booking'))('$id is admin’s alone, also among services that may call', async (operation) => {
  const url = operation.path.replace('{id}', ids[0]!)
  const payload = operation.body ? { actorUserId: ids[0]! } : undefined
  const ask = async (caller: 'gateway' | 'workspace' | 'admin') =>
    (await app.inject({ method: operation.method, url, headers: await context.tokens.asService(caller), ...(payload ? { payload } : {}) })).statusCode
  expect([await ask('gateway'), await ask('workspace')]).toEqual([403, 403])
  expect([401, 403]).not.toContain(await ask('admin'))
})

it.each(deadLetterOperations.filter(({ service }) => service === 'booking'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = (await buildCallers(operation, context.tokens)).filter((headers) => headers['x-service-name'] === 'admin')
    await expect(
      fuzzOperation({ send: (request) => app.inject(request as never), callers, ids, words: [bookingCreated.type] }, operation),
    ).resolves.toBeUndefined()
  },
  120_000,
)
