import { deactivateUser as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { deactivateUser } from '../domain/change-standing.ts'
import { toActor } from '../policies.ts'
import { presentUser } from '../presenters.ts'

export const deactivateUserRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ params }, ctx) => {
    const input = { userId: params.id, actor: await toActor(ctx), traceparent: ctx.traceparent }
    return { status: 200, body: presentUser(await deactivateUser(deps, deps.accountsFor(ctx), input)) }
  })
}
