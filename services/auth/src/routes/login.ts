import { login } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { logIn } from '../domain/log-in.ts'
import { noStore, toOrigin } from './origin.ts'

export const loginRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, login, async ({ body }, ctx) => {
    const tokens = await logIn(deps, { ...body, origin: await toOrigin(ctx), signal: ctx.signal })
    return { status: 200, body: tokens, headers: noStore }
  })
}
