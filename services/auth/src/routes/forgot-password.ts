import { forgotPassword } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { requestPasswordReset } from '../domain/request-password-reset.ts'
import { toOrigin } from './origin.ts'

export const forgotPasswordRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, forgotPassword, async ({ body }, ctx) => {
    await deps.admitMail()
    await requestPasswordReset(deps, { email: body.email, origin: await toOrigin(ctx) })
    return { status: 202 }
  })
}
