import { buildCallers, fuzzOperation, listFuzzable } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildLocation, buildPolicy, buildPriceBook, buildSpace, buildTestApp, presentAt, type TestApp } from './build-test-app.ts'

let app: TestApp
let ids: string[]
let idsByName: Record<string, string[]>
beforeAll(async () => {
  app = await buildTestApp()
  const location = await buildLocation(app)
  const [policy, priceBook] = [await buildPolicy(app), await buildPriceBook(app)]
  const space = await buildSpace(app, { locationId: location.id, policyId: policy.id, priceBookId: priceBook.id, units: 3 })
  const closure = await app.request('POST', '/v1/closures', {
    body: { locationId: location.id, startsAt: '2027-02-01T08:00:00Z', endsAt: '2027-02-01T18:00:00Z', reason: 'Paint' },
  })
  ids = [location.id, policy.id, priceBook.id, space.id, closure.body.id]
  idsByName = { locations: [location.id], locationId: [location.id], policies: [policy.id], policyId: [policy.id], 'price-books': [priceBook.id] }
  Object.assign(idsByName, { priceBookId: [priceBook.id], spaces: [space.id], spaceId: [space.id], spaceIds: [space.id], closures: [closure.body.id] })
})
afterAll(() => app.close())

test.each(listFuzzable('workspace'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, app.tokens)
    await expect(
      fuzzOperation(
        {
          send: (request) => app.app.inject(request as never),
          callers,
          ids,
          idsByName,
          around: presentAt,
          words: ['Europe/London', 'Australia/Lord_Howe', 'GBP', '08:00', '24:00', '12:30'],
        },
        operation,
      ),
    ).resolves.toBeUndefined()
  },
  120_000,
)
