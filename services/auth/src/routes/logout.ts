import { logout } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { logOut } from '../domain/end-session.ts'
import { toOrigin } from './origin.ts'

export const logoutRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, logout, async (_input, ctx) => {
    const { userId, sessionId } = ctx.principal
    await logOut(deps, { userId, sessionId, origin: await toOrigin(ctx) })
    return { status: 204 }
  })
}
