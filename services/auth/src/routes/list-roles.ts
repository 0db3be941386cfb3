import { listRoles } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { listPermissions, roleNames } from '../domain/account.ts'

export const listRolesRoute = () => async (app: FastifyInstance) => {
  addOperation(app, listRoles, async () => ({
    status: 200,
    body: { items: roleNames.map((name) => ({ name, permissions: listPermissions(name) })), nextCursor: null },
  }))
}
