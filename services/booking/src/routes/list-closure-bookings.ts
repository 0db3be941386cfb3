import { listClosureBookings } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { notFound } from '../errors.ts'

export interface ClosureBookingsDeps {
  listHitBy: (closureId: string) => Promise<{ bookingId: string; userId: string }[] | undefined>
  isSettled: (closureId: string) => Promise<boolean>
}

export const listClosureBookingsRoute = (deps: ClosureBookingsDeps) => async (app: FastifyInstance) => {
  addOperation(app, listClosureBookings, async ({ params }) => {
    // Asked first: what is listed after it was settled is all there will be.
    const settled = await deps.isSettled(params.id)
    const items = await deps.listHitBy(params.id)
    if (!items) throw notFound('There is no such closure.')
    return { status: 200, body: { settled, items } }
  })
}
