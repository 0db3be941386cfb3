import { createAddress as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { createAddress } from '../domain/create-address.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { addressNotFound, userNotFound } from '../errors.ts'
import { presentAddress } from '../presenters.ts'
import { toIdempotencyScope } from './idempotency-scope.ts'

export const createAddressRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async (input, ctx) => {
    const { userId } = ctx.principal
    if (!(await findPerson(deps, deps.accountsFor(ctx), userId))) throw userNotFound()
    const address = { ...input.body, line2: input.body.line2 ?? null }
    const id = await createAddress(deps, { userId, address, idempotency: toIdempotencyScope(input, ctx) })
    const created = await deps.addresses.find(userId, id)
    // A repeat whose address was removed since.
    if (!created) throw addressNotFound()
    return { status: 201, body: presentAddress(created), headers: { location: `/v1/users/me/addresses/${id}` } }
  })
}
