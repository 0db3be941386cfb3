import { lookupAccounts } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { presentAccount } from '../presenters.ts'

export const lookupAccountsRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, lookupAccounts, async ({ body }) => {
    const accounts = await deps.accounts.list({ ...body, limit: body.limit ?? 200 })
    return { status: 200, body: { items: accounts.map(presentAccount) } }
  })
}
