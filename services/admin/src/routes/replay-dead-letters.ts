import { replayDeadLetters } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { replayDeadLetters as replayAll } from '../domain/dead-letters.ts'
import { fromReplayCursor, toReplayCursor } from '../request.ts'
import { toCallOptions } from './call-options.ts'

const limitDefault = 100
/** No service is asked for more after this long: the last one may still take its time before the gateway gives up at 20 s. */
const budgetMs = 6000

export const replayDeadLettersRoute = (deps: Pick<AdminDeps, 'deadLetters'>) => async (app: FastifyInstance) => {
  addOperation(app, replayDeadLetters, async ({ query: { cursor, ...filter }, body }, ctx) => {
    const { dryRun = false, limit = limitDefault } = body
    const from = cursor === undefined ? undefined : fromReplayCursor(cursor)
    const until = performance.now() + budgetMs
    const run = { ...filter, ...body, dryRun, limit, from, actorUserId: ctx.principal.userId }
    const { items, refused, next } = await replayAll({ sources: deps.deadLetters, hasTime: () => performance.now() < until }, run, toCallOptions(ctx))
    return { status: 200, body: { items, nextCursor: next && toReplayCursor(next), dryRun, refused } }
  })
}
