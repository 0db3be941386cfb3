import { deleteUserSessions } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { endSessionsOf } from '../domain/end-session.ts'
import { toOrigin } from './origin.ts'
import { assertAdmin } from './own-rows.ts'

export const deleteUserSessionsRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, deleteUserSessions, async ({ params }, ctx) => {
    await assertAdmin(deps, ctx)
    const origin = await toOrigin(ctx)
    await endSessionsOf(deps, { userId: params.id, actorUserId: ctx.principal.userId, origin })
    return { status: 204 }
  })
}
