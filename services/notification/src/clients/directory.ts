import { CalleeProblem, type ServiceClient } from '@alcove/client'
import { getAccount, getBookingDetail, getOneTimeToken, getPerson, getTeamInvitation, listClosureBookings } from '@alcove/contracts'
import type { Directory } from '../domain/prepare-message.ts'
import type { FindClosureHits } from '../domain/closure-hits.ts'

/** A problem with status 404 is an answer: there is no such thing (any more). Everything else stays an error. */
async function undefinedIfGone<T>(answer: Promise<{ body: T }>): Promise<T | undefined> {
  try {
    return (await answer).body
  } catch (error) {
    if (error instanceof CalleeProblem && error.status === 404) return undefined
    throw error
  }
}

/**
 * Asks auth, user and booking, each thing at most once while it lives: made anew for every batch, so that a mail and an
 * inbox item of one event share their answers and no answer grows old.
 */
export function createDirectory(client: ServiceClient): Directory {
  const once = <T>(ask: (id: string) => Promise<T>) => {
    const asked = new Map<string, Promise<T>>()
    return (id: string): Promise<T> => {
      const answer = asked.get(id) ?? ask(id)
      asked.set(id, answer)
      return answer
    }
  }
  return {
    findAccount: once((id) => undefinedIfGone(client.call(getAccount, { params: { id } }))),
    findPerson: once((id) => undefinedIfGone(client.call(getPerson, { params: { id } }))),
    findBookingDetail: once((id) => undefinedIfGone(client.call(getBookingDetail, { params: { id } }))),
    findTeamInvitation: once((id) => undefinedIfGone(client.call(getTeamInvitation, { params: { id } }))),
    findOneTimeToken: once((id) => undefinedIfGone(client.call(getOneTimeToken, { params: { id } }))),
  }
}

/** Whom a closure hits, as booking knows. */
export function createFindHits(client: ServiceClient): FindClosureHits {
  return (id, signal) => undefinedIfGone(client.call(listClosureBookings, { params: { id } }, { signal }))
}
