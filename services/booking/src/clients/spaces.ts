import { CalleeProblem, type ServiceClient } from '@alcove/client'
import { listSchedules, quoteSpace, type Schedules } from '@alcove/contracts'
import { formatInstant } from '../domain/instants.ts'
import type { SpaceSource } from '../domain/ports.ts'
import { createShortCache } from './short-cache.ts'

const quoteTimeoutMs = 2500
const schedulesTimeoutMs = 4000

/** Quotes (never remembered: each has its own interval and moment) and schedules (for two seconds) from workspace. */
export function createSpaceSource(client: ServiceClient): SpaceSource {
  const cache = createShortCache<Schedules>({ ttlMs: 2000, max: 200 })
  return {
    async findQuote({ startsAt, endsAt, at, addedFrom, ...asked }, scope) {
      const added = addedFrom && { addedFrom: formatInstant(addedFrom) }
      const body = { ...asked, ...added, startsAt: formatInstant(startsAt), endsAt: formatInstant(endsAt), at: formatInstant(at) }
      try {
        return (await client.call(quoteSpace, { body }, { ...scope, timeoutMs: quoteTimeoutMs })).body
      } catch (error) {
        if (error instanceof CalleeProblem && error.status === 404) return undefined
        throw error
      }
    },
    listSchedules({ from, to, ...asked }, scope) {
      const body = { ...asked, from: formatInstant(from), to: formatInstant(to) }
      return cache.get(JSON.stringify(body), async () => (await client.call(listSchedules, { body }, { ...scope, timeoutMs: schedulesTimeoutMs })).body)
    },
  }
}
