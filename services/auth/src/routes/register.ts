import { register } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { registerAccount } from '../domain/register-account.ts'
import { toOrigin } from './origin.ts'

export const registerRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, register, async ({ body }, ctx) => {
    await deps.admitMail()
    await registerAccount(deps, { ...body, origin: await toOrigin(ctx), signal: ctx.signal })
    return { status: 202 }
  })
}
