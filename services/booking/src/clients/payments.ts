import { CalleeProblem, DependencyError, type ServiceClient } from '@alcove/client'
import { authorizeAttempt, getAttempt, releaseAttempt } from '@alcove/contracts'
import type { AuthorizeAnswer, Payments } from '../domain/ports.ts'

const authorizeTimeoutMs = 5000

/** Payment's internal attempts; idempotent on the attempt's id. */
export function createPayments(client: ServiceClient, onOddAnswer: (error: unknown) => void): Payments {
  return {
    isReachable: () => client.breakers().every(({ callee, state }) => callee !== 'payment' || state !== 'open'),
    async authorize({ attempt, bookingId, userId }, scope): Promise<AuthorizeAnswer> {
      const { id, method, token, currency, amountMinor, amountCredits } = attempt
      const body = { bookingId, userId, method, ...(token !== null && { token }), amountMinor, amountCredits, currency }
      try {
        const answer = await client.call(authorizeAttempt, { params: { id }, body }, { ...scope, timeoutMs: authorizeTimeoutMs })
        return { kind: 'answered', attempt: answer.body }
      } catch (error) {
        if (error instanceof DependencyError) return error.sent ? { kind: 'unanswered' } : { kind: 'unsent', cause: error }
        // A 4xx is neither "authorized" nor "refused": what became of the attempt is asked again.
        onOddAnswer(error)
        return { kind: 'unanswered' }
      }
    },
    async findAttempt(id) {
      try {
        return (await client.call(getAttempt, { params: { id } })).body
      } catch (error) {
        if (error instanceof CalleeProblem && error.status === 404) return undefined
        throw error
      }
    },
    async releaseAttempt(id) {
      await client.call(releaseAttempt, { params: { id } })
    },
  }
}
