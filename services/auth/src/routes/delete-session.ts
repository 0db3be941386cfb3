import { deleteSession } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { endSession } from '../domain/end-session.ts'
import { toOrigin } from './origin.ts'
import { assertSession } from './own-rows.ts'

export const deleteSessionRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, deleteSession, async ({ params }, ctx) => {
    await assertSession(deps, ctx)
    await endSession(deps, { userId: ctx.principal.userId, sessionId: params.id, origin: await toOrigin(ctx) })
    return { status: 204 }
  })
}
