import { getMe } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { getFullUser } from '../domain/get-user.ts'
import { presentUser } from '../presenters.ts'

export const getMeRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getMe, async (_input, ctx) => {
    const user = await getFullUser(deps, deps.accountsFor(ctx), ctx.principal.userId)
    return { status: 200, body: presentUser(user) }
  })
}
