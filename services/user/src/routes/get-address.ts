import { getAddress } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { addressNotFound } from '../errors.ts'
import { presentAddress } from '../presenters.ts'

export const getAddressRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getAddress, async ({ params }, ctx) => {
    const address = await deps.addresses.find(ctx.principal.userId, params.id)
    if (!address) throw addressNotFound()
    return { status: 200, body: presentAddress(address) }
  })
}
