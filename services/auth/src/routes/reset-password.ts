import { resetPassword as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { resetPassword } from '../domain/set-password.ts'
import { toOrigin } from './origin.ts'

export const resetPasswordRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ body }, ctx) => {
    await resetPassword(deps, { ...body, origin: await toOrigin(ctx), signal: ctx.signal })
    return { status: 204 }
  })
}
