import { buildCallers, fuzzOperation, listFuzzable } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildBooking, buildLocation, buildPayment, buildSpace, createFixture, idOf, type Fixture } from './fixture.ts'

let fixture: Fixture
let ids: string[]
beforeAll(async () => {
  fixture = await createFixture()
  const location = buildLocation()
  const space = buildSpace(idOf(location), 3)
  await fixture.feed(location, space, buildBooking({ locationId: idOf(location), spaceId: idOf(space) }), buildPayment({}))
  ids = [idOf(location)]
})
afterAll(() => fixture.close())

test.each(listFuzzable('reporting'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, fixture.context.tokens)
    const send = (request: object) => fixture.app.inject(request as never)
    await expect(fuzzOperation({ send, callers, ids, around: '2026-01-05T08:00:00Z' }, operation)).resolves.toBeUndefined()
  },
  120_000,
)
