import { listUsers as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { listUsers } from '../domain/list-users.ts'
import { presentUser, readCursor, toList } from '../presenters.ts'

export const listUsersRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ query }, ctx) => {
    const search = { query: query.query, beforeId: readCursor(query.cursor), limit: query.limit ?? 50 }
    const { users, nextId } = await listUsers(deps, deps.accountsFor(ctx), search)
    return { status: 200, body: toList(users.map(presentUser), nextId) }
  })
}
