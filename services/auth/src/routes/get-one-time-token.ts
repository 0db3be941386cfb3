import { getOneTimeToken } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { oneTimeTokenOf } from '../domain/secrets.ts'
import { oneTimeTokenNotFound } from '../errors.ts'
import { noStore } from './origin.ts'

export const getOneTimeTokenRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, getOneTimeToken, async ({ params }) => {
    const found = await deps.findMailable(params.id, deps.now())
    if (!found) throw oneTimeTokenNotFound()
    const { id, purpose, accountId, account, expiresAt } = found
    const body = {
      id,
      purpose,
      userId: accountId,
      email: account.email,
      // A verification greets with the name of its own registration.
      displayName: found.displayName ?? account.displayName,
      token: oneTimeTokenOf(deps.secrets, id),
      expiresAt: toInstant(expiresAt),
    }
    return { status: 200, body, headers: noStore }
  })
}
