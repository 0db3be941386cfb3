import { reactivateAccount as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { reactivateAccount } from '../domain/reactivate-account.ts'
import { presentAccount } from '../presenters.ts'
import { toOrigin } from './origin.ts'

export const reactivateAccountRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ params, body }, ctx) => {
    const origin = await toOrigin(ctx)
    const account = await reactivateAccount(deps, { userId: params.id, actorUserId: body.actorUserId, origin })
    return { status: 200, body: presentAccount(account) }
  })
}
