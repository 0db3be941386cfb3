import { getPersonProfile } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { addressesMax } from '../domain/address.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { userNotFound } from '../errors.ts'
import { presentPersonProfile } from '../presenters.ts'

export const getPersonProfileRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getPersonProfile, async ({ params }, ctx) => {
    const person = await findPerson(deps, deps.accountsFor(ctx), params.id)
    if (!person) throw userNotFound()
    return { status: 200, body: presentPersonProfile(person, await deps.addresses.list(params.id, { limit: addressesMax })) }
  })
}
