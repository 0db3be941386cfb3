import { newId } from '@alcove/kit'
import { buildCallers, fuzzOperation, listFuzzable } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from './app-builders.ts'

let booking: Harness
let ids: string[]
let idsByName: Record<string, string[]>
const member = newId()
beforeAll(async () => {
  booking = await createHarness()
  const space = booking.fakes.addSpace({ units: [newId(), newId()], hourMinor: 500, creditsPerHour: 1 })
  const { send } = await booking.as(member)
  const times = (day: number) => ({ spaceId: space.id, startsAt: `2026-01-${day}T09:00:00Z`, endsAt: `2026-01-${day}T10:00:00Z` })
  const made = [
    await send('POST', '/v1/bookings', { body: { ...times(12), payment: { method: 'card', token: 'tok_ok' } } }),
    await send('POST', '/v1/bookings', { body: { ...times(13), payment: { method: 'card', token: 'tok_ok' } } }),
    await send('POST', '/v1/holds', { body: times(14) }),
  ]
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201])
  const [first, second, hold] = made.map(({ body }) => body.id as string)
  ids = [space.id, space.locationId, ...space.units, member, first!, second!, hold!]
  idsByName = { spaceId: [space.id], locationId: [space.locationId], unitId: space.units, bookings: [first!, second!], holds: [hold!], holdId: [hold!] }
})
afterAll(() => booking.close())

test.each(listFuzzable('booking'))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, booking.tokens, member)
    await expect(
      fuzzOperation(
        {
          send: (request) => booking.app.inject(request as never),
          callers,
          ids,
          idsByName,
          around: '2026-01-12T08:00:00Z',
          words: ['tok_ok', 'tok_declined', 'confirmed', 'desk', 'EUR'],
        },
        operation,
      ),
    ).resolves.toBeUndefined()
  },
  120_000,
)
