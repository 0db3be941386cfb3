import { listDeadLetters } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { listDeadLetters as listAll } from '../domain/dead-letters.ts'
import { fromListCursor, toListCursor } from '../request.ts'
import { toCallOptions } from './call-options.ts'

export const listDeadLettersRoute = (deps: Pick<AdminDeps, 'deadLetters'>) => async (app: FastifyInstance) => {
  addOperation(app, listDeadLetters, async ({ query: { cursor, limit = 50, ...filter } }, ctx) => {
    const before = cursor === undefined ? undefined : fromListCursor(cursor)
    const { items, hasMore, missing } = await listAll(deps.deadLetters, { ...filter, before, limit }, toCallOptions(ctx))
    return { status: 200, body: { items, nextCursor: hasMore ? toListCursor(items.at(-1)!.id) : null, missing } }
  })
}
