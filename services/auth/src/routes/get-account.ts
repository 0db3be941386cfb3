import { getAccount } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { accountNotFound } from '../errors.ts'
import { presentAccount } from '../presenters.ts'

export const getAccountRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, getAccount, async ({ params }) => {
    const account = await deps.accounts.findById(params.id)
    if (!account) throw accountNotFound()
    return { status: 200, body: presentAccount(account) }
  })
}
