import { CalleeProblem, type CallOptions, type ServiceClient } from '@alcove/client'
import { deactivateAccount, getAccount, lookupAccounts, reactivateAccount } from '@alcove/contracts'
import { ProblemError } from '@alcove/kit'
import type { Account, AccountDirectory } from '../domain/ports.ts'

/** auth as one request, or one sweep, asks it: with its deadline, its trace and its right to give up. */
export type AccountsFor = (call: CallOptions) => AccountDirectory

/** The directory over the service client. 404 means nobody; auth's own refusals pass through as they are. */
export function createAccounts(client: Pick<ServiceClient, 'call'>): AccountsFor {
  return ({ deadline, signal, requestId, traceparent }) => {
    const options = { deadline, signal, requestId, traceparent }
    const lookup = async (body: { ids?: string[]; emailContains?: string; beforeId?: string; limit?: number }): Promise<Account[]> =>
      (await client.call(lookupAccounts, { body }, options)).body.items
    return {
      find: (id) => orNobody(async () => (await client.call(getAccount, { params: { id } }, options)).body),
      listByIds: (ids) => lookup({ ids: [...ids] }),
      listByEmail: ({ contains, beforeId, limit }) => lookup({ emailContains: contains, beforeId, limit }),
      deactivate: (id, actorUserId) => orNobody(async () => (await client.call(deactivateAccount, { params: { id }, body: { actorUserId } }, options)).body),
      reactivate: (id, actorUserId) => orNobody(async () => (await client.call(reactivateAccount, { params: { id }, body: { actorUserId } }, options)).body),
    }
  }
}

async function orNobody<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof CalleeProblem)) throw error
    if (error.slug === 'not-found') return undefined
    if (error.slug === 'illegal-transition') throw new ProblemError(error.slug, error.problem.detail, { cause: error })
    throw error
  }
}
