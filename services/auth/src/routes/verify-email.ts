import { verifyEmail as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { verifyEmail } from '../domain/verify-email.ts'
import { toOrigin } from './origin.ts'

export const verifyEmailRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ body }, ctx) => {
    await verifyEmail(deps, { token: body.token, origin: await toOrigin(ctx) })
    return { status: 204 }
  })
}
