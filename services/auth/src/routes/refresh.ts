import { refresh } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { refreshSession } from '../domain/refresh-session.ts'
import { noStore, toOrigin } from './origin.ts'

export const refreshRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, refresh, async ({ body }, ctx) => {
    const tokens = await refreshSession(deps, { refreshToken: body.refreshToken, origin: await toOrigin(ctx) })
    return { status: 200, body: tokens, headers: noStore }
  })
}
