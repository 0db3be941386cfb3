import { operations, type Operation } from '@alcove/contracts'
import { describe, expect, it } from 'vitest'
import { buildAppWith, sign } from './build-test-app.ts'

const hasRange = ({ query }: Operation) => {
  const { properties = {} } = (query ?? {}) as { properties?: Record<string, { format?: string }> }
  return properties.from?.format === 'date-time' && properties.to?.format === 'date-time'
}
const ranged = operations.filter(hasRange)

describe('a range of time in a query', () => {
  it('is asked for by lists and reports', () => {
    const ids = ranged.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['list-bookings', 'list-closures', 'list-audit-entries', 'get-availability', 'get-revenue-report']))
  })

  it.each(ranged.map((operation) => [operation.id, operation] as const))('that ends before it begins is 400 in %s', async (_id, operation) => {
    const app = buildAppWith(operation, () => Promise.reject(new Error('not to be asked')))
    const headers = { authorization: `Bearer ${await sign({ roles: ['admin'] })}` }
    const url = operation.path.replaceAll(/\{[^}]+\}/g, '01890000-0000-7000-8000-000000000009')
    // The later one by its text is the earlier one by its offset.
    const ask = async (from: string, to: string) => (await app.inject({ method: operation.method, url, query: { from, to }, headers })).json()
    const expected = { pointer: '/to', code: 'range', detail: 'must not be before from' }
    expect(await ask('2026-03-02T10:00:00Z', '2026-03-02T10:30:00+01:00')).toMatchObject({ status: 400, errors: expect.arrayContaining([expected]) })
    expect(await ask('2026-03-02T10:00:00+01:00', '2026-03-02T09:30:00Z')).not.toMatchObject({ errors: expect.arrayContaining([expected]) })
  })
})
