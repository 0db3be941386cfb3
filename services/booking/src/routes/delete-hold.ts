import { deleteHold } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { BookingStore } from '../domain/ports.ts'
import { notFound } from '../errors.ts'
import { toBy } from './request.ts'

export const deleteHoldRoute = (deps: { store: BookingStore; now: () => Date }) => async (app: FastifyInstance) => {
  addOperation(app, deleteHold, async ({ params }, ctx) => {
    const released = await deps.store.releaseHold({ holdId: params.id, userId: ctx.principal.userId }, { now: deps.now(), by: toBy(ctx) })
    if (!released) throw notFound('There is no such hold.')
    return { status: 204 }
  })
}
