import { getUser } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { getFullUser } from '../domain/get-user.ts'
import { userNotFound } from '../errors.ts'
import { canSeeAllOf } from '../policies.ts'
import { presentUser } from '../presenters.ts'

export const getUserRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getUser, async ({ params }, ctx) => {
    const accounts = deps.accountsFor(ctx)
    if (canSeeAllOf(ctx.principal, params.id)) return { status: 200, body: presentUser(await getFullUser(deps, accounts, params.id)) }
    const person = await findPerson(deps, accounts, params.id)
    if (!person) throw userNotFound()
    return { status: 200, body: { id: person.id, displayName: person.displayName } }
  })
}
