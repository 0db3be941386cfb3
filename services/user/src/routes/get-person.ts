import { getPerson } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { userNotFound } from '../errors.ts'
import { presentPerson } from '../presenters.ts'

/** On the path of every booking: one prepared statement, auth only for a profile that has not arrived. */
export const getPersonRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getPerson, async ({ params }, ctx) => {
    const person = await findPerson(deps, deps.accountsFor(ctx), params.id)
    if (!person) throw userNotFound()
    return { status: 200, body: presentPerson(person) }
  })
}
