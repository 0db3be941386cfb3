import { CalleeProblem, type ServiceClient } from '@alcove/client'
import { getPerson, type Person } from '@alcove/contracts'
import type { PersonSource } from '../domain/ports.ts'
import { createShortCache } from './short-cache.ts'

// Shorter than the breaker's patience with a slow user service: a booking is answered within its deadline.
const timeoutMs = 2000

/** People from user, remembered for at most two seconds each. */
export function createPersonSource(client: ServiceClient): PersonSource {
  const cache = createShortCache<Person | undefined>({ ttlMs: 2000, max: 5000 })
  return {
    findPerson: (id, scope) =>
      cache.get(id, async () => {
        try {
          return (await client.call(getPerson, { params: { id } }, { ...scope, timeoutMs })).body
        } catch (error) {
          if (error instanceof CalleeProblem && error.status === 404) return undefined
          throw error
        }
      }),
  }
}
