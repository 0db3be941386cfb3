import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatInstant } from './domain/instants.ts'
import { renderAvailability } from './render-availability.ts'

test('renders what a plain serializer would, to the byte', () => {
  const instant = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1000 }).map((seconds) => seconds * 1000)
  const minuteOfDay = fc.integer({ min: 0, max: 3 * 1440 }).map((minutes) => Date.UTC(2028, 1, 28) + minutes * 60_000)
  const interval = fc.tuple(fc.oneof(instant, minuteOfDay), fc.oneof(instant, minuteOfDay), fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 31 - 1 })))
  const item = fc.record({ spaceId: fc.uuid(), free: fc.array(interval, { maxLength: 6 }) })
  fc.assert(
    fc.property(fc.array(item, { maxLength: 5 }), fc.option(fc.base64String({ maxLength: 40 })), (items, nextCursor) => {
      const plain = items.map(({ spaceId, free }) => ({
        spaceId,
        free: free.map(([startsAt, endsAt, unitsFree]) => ({
          startsAt: formatInstant(new Date(startsAt)),
          endsAt: formatInstant(new Date(endsAt)),
          unitsFree,
        })),
      }))
      const rendered = renderAvailability(
        items.map(({ spaceId, free }) => ({ spaceId, free: free.flat() })),
        nextCursor,
      )
      expect(rendered.toString()).toBe(JSON.stringify({ items: plain, nextCursor }))
    }),
  )
})
