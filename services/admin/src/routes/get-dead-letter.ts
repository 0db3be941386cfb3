import { getDeadLetter } from '@alcove/contracts'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { askHolder } from '../domain/dead-letters.ts'
import { toCallOptions } from './call-options.ts'

export const getDeadLetterRoute = (deps: Pick<AdminDeps, 'deadLetters'>) => async (app: FastifyInstance) => {
  addOperation(app, getDeadLetter, async ({ params }, ctx) => {
    const letter = await askHolder((service) => deps.deadLetters.find(service, params.id, toCallOptions(ctx)))
    if (!letter) throw notFound('There is no such dead letter.')
    return { status: 200, body: letter }
  })
}
