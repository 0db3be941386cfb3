import { discardDeadLetter } from '@alcove/contracts'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { askHolder } from '../domain/dead-letters.ts'
import { toCallOptions } from './call-options.ts'

export const discardDeadLetterRoute = (deps: Pick<AdminDeps, 'deadLetters'>) => async (app: FastifyInstance) => {
  addOperation(app, discardDeadLetter, async ({ params }, ctx) => {
    const order = { id: params.id, actorUserId: ctx.principal.userId }
    const discarded = await askHolder(async (service) => (await deps.deadLetters.discard(service, order, toCallOptions(ctx))) || undefined)
    if (!discarded) throw notFound('There is no such dead letter.')
    return { status: 204 }
  })
}
