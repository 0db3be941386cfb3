import { deleteAddress } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { addressNotFound } from '../errors.ts'

export const deleteAddressRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, deleteAddress, async ({ params }, ctx) => {
    if (!(await deps.addresses.remove(ctx.principal.userId, params.id))) throw addressNotFound()
    return { status: 204 }
  })
}
