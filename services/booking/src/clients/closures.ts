import { CalleeProblem, type ServiceClient } from '@alcove/client'
import { checkClosed, findClosure } from '@alcove/contracts'
import { formatInstant } from '../domain/instants.ts'
import type { ClosureSource } from '../domain/ports.ts'
import { dependencyUnavailable } from '../errors.ts'

const timeoutMs = 2500

/** Closures from workspace, which reads them from its database for each question. */
export function createClosureSource(client: ServiceClient): ClosureSource {
  return {
    async findClosure(id, scope) {
      try {
        const { startsAt, endsAt, ...closure } = (await client.call(findClosure, { params: { id } }, { ...scope, timeoutMs })).body
        return { ...closure, startsAt: new Date(startsAt), endsAt: new Date(endsAt) }
      } catch (error) {
        if (error instanceof CalleeProblem && error.status === 404) return undefined
        throw error
      }
    },
    async isClosed({ locationId, spaceId, startsAt, endsAt }, scope) {
      const body = { locationId, spaceId, startsAt: formatInstant(startsAt), endsAt: formatInstant(endsAt) }
      try {
        return (await client.call(checkClosed, { body }, { ...scope, timeoutMs })).body.closed
      } catch (error) {
        // A workspace of an older release, during an update, does not know the question.
        if (error instanceof CalleeProblem) throw dependencyUnavailable('workspace', 5, error)
        throw error
      }
    },
  }
}
