import { listRoles } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { listPermissions, roleNames } from '../domain/account.ts'
import { assertAdmin } from './own-rows.ts'

export const listRolesRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, listRoles, async (_input, ctx) => {
    await assertAdmin(deps, ctx)
    return { status: 200, body: { items: roleNames.map((name) => ({ name, permissions: listPermissions(name) })), nextCursor: null } }
  })
}
