import { listAddresses } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { presentAddress, readCursor, toPage } from '../presenters.ts'

export const listAddressesRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, listAddresses, async ({ query }, ctx) => {
    const limit = query.limit ?? 50
    const rows = await deps.addresses.list(ctx.principal.userId, { beforeId: readCursor(query.cursor), limit: limit + 1 })
    return { status: 200, body: toPage(rows, limit, presentAddress) }
  })
}
