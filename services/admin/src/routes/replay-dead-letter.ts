import { replayDeadLetter } from '@alcove/contracts'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { askHolder } from '../domain/dead-letters.ts'
import { toCallOptions } from './call-options.ts'

/** Limit and rate say nothing about a single letter. */
export const replayDeadLetterRoute = (deps: Pick<AdminDeps, 'deadLetters'>) => async (app: FastifyInstance) => {
  addOperation(app, replayDeadLetter, async ({ params, body: { transform, dryRun } }, ctx) => {
    const order = { id: params.id, transform, dryRun, actorUserId: ctx.principal.userId }
    const result = await askHolder((service) => deps.deadLetters.replay(service, order, toCallOptions(ctx)))
    if (!result) throw notFound('There is no such dead letter.')
    return { status: 200, body: result }
  })
}
