import { setRoles as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { setRoles } from '../domain/set-roles.ts'
import { toOrigin } from './origin.ts'
import { assertAdmin } from './own-rows.ts'

export const setRolesRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ params, body }, ctx) => {
    await assertAdmin(deps, ctx)
    const origin = await toOrigin(ctx)
    const account = await setRoles(deps, { userId: params.id, roles: body.roles, actorUserId: ctx.principal.userId, origin })
    return { status: 200, body: { userId: account.id, roles: [...account.roles] } }
  })
}
