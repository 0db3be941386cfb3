import { changePassword as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { changePassword } from '../domain/set-password.ts'
import { toOrigin } from './origin.ts'
import { assertSession } from './own-rows.ts'

export const changePasswordRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ body }, ctx) => {
    await assertSession(deps, ctx)
    const { userId, sessionId } = ctx.principal
    await changePassword(deps, { ...body, userId, sessionId, origin: await toOrigin(ctx), signal: ctx.signal })
    return { status: 204 }
  })
}
